//! The slash command `/tickets`: what people may ask of the app in Rocket.Chat, and the answers.

use crate::host::{Failure, Host};
use crate::operation::End;
use crate::plain::FromValue;
use crate::request::Response;
use crate::ticket::RoomId;
use crate::trigger::Job;
use crate::words::{self, Language, Text};
use crate::{history, queue, status};

/// What somebody typed, and who they are.
#[derive(Debug, Clone, PartialEq, Eq, FromValue)]
pub struct Command {
    /// Where.
    room: RoomId,
    /// The ids of their roles.
    #[value(default)]
    roles: Vec<String>,
    /// Their language, if they chose one.
    language: Option<String>,
    /// What follows the command's name.
    #[value(default)]
    words: Vec<String>,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Status,
    Queue,
    Retry,
    History,
    Help,
}

/// Who looks after the app.
const ADMINS: &[&str] = &["admin", "livechat-manager"];
/// Who works in tickets' rooms.
const STAFF: &[&str] = &["admin", "livechat-manager", "livechat-monitor", "livechat-agent"];

/// What is typed for each wish, the roles of whom it is granted, and what it does.
const WISHES: [(&str, Wish, &[&str], Text); 4] = [
    ("status", Wish::Status, ADMINS, words::HELP_STATUS),
    ("queue", Wish::Queue, ADMINS, words::HELP_QUEUE),
    ("retry", Wish::Retry, ADMINS, words::HELP_RETRY),
    ("history", Wish::History, STAFF, words::HELP_HISTORY),
];

/// Carries out a command; the answer is shown to whoever typed it.
pub async fn run(host: &Host, command: &Command) -> End {
    let language = command.language(host).await;
    let (text, job) = match command.fulfil(host, language).await {
        Ok(answer) => answer,
        Err(failure) => (words::DID_NOT_WORK.filled(language, &[("reason", &failure.to_string())]), None),
    };
    let response = Response { content: Some(text.into()), ..Response::of(200) };
    End { response: Some(response), follow_ups: job.into_iter().collect() }
}

impl Command {
    async fn language(&self, host: &Host) -> Language {
        match self.language.as_deref() {
            None | Some("" | "auto" | "default") => Language::of_server(host).await,
            Some(tag) => Language::of(tag),
        }
    }

    async fn fulfil(&self, host: &Host, language: Language) -> Result<(String, Option<Job>), Failure> {
        let say = |text: Text| Ok((text.in_language(language).to_owned(), None));
        let Some(wish) = self.wish() else { return say(words::NOT_ALLOWED) };
        match wish {
            Wish::Status => Ok((status::text(host, language).await?, None)),
            Wish::Queue => Ok((queue::text(host, language).await?, None)),
            Wish::Retry => queue::retry(host, language).await.map(|(text, job)| (text, Some(job))),
            Wish::History => match history::again(host, &self.room).await? {
                Ok(job) => Ok((words::HISTORY_COMES.in_language(language).to_owned(), Some(job))),
                Err(text) => say(text),
            },
            Wish::Help => Ok((self.help(language), None)),
        }
    }

    /// What is wished, unless it is not granted.
    fn wish(&self) -> Option<Wish> {
        let typed = self.words.iter().map(|word| word.trim()).find(|word| !word.is_empty()).unwrap_or_default();
        match WISHES.iter().find(|(word, ..)| word.eq_ignore_ascii_case(typed)) {
            Some((_, wish, roles, _)) => self.has_one_of(roles).then_some(*wish),
            None => Some(Wish::Help),
        }
    }

    fn has_one_of(&self, roles: &[&str]) -> bool {
        self.roles.iter().any(|role| roles.contains(&role.as_str()))
    }

    fn help(&self, language: Language) -> String {
        let mut text = words::HELP.in_language(language).to_owned();
        let granted = WISHES.iter().filter(|(_, _, roles, _)| self.has_one_of(roles));
        for (word, does) in granted.map(|(word, _, _, does)| (*word, *does)).chain([("help", words::HELP_HELP)]) {
            text.push_str("\n• `/tickets ");
            text.push_str(word);
            text.push_str("` ");
            text.push_str(does.in_language(language));
        }
        text
    }
}
