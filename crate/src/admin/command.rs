//! The slash command `/tickets`: what people may ask of the app in Rocket.Chat, and the answers.

use serde::Deserialize;

use crate::admin::{backlog, status};
use crate::config::language;
use crate::history;
use crate::ids::RoomId;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::text::i18n::{Language, Text};
use crate::text::messages;
use crate::wire::http::Response;

/// What somebody typed, and who they are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Command {
    /// Where.
    pub(crate) room: RoomId,
    /// The ids of their roles.
    #[serde(default)]
    roles: Vec<String>,
    /// Their language, if they chose one.
    pub(crate) language: Option<String>,
    /// What follows the command's name.
    #[serde(default)]
    pub(crate) words: Vec<String>,
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
const WISHES: [(&str, Wish, &[&str], Text); 5] = [
    ("status", Wish::Status, ADMINS, messages::HELP_STATUS),
    ("queue", Wish::Queue, ADMINS, messages::HELP_QUEUE),
    ("retry", Wish::Retry, ADMINS, messages::HELP_RETRY),
    ("history", Wish::History, STAFF, messages::HELP_HISTORY),
    ("help", Wish::Help, &[], messages::HELP_HELP),
];

/// Carries out a command; the answer is shown to whoever typed it.
pub async fn run(host: &Host, command: &Command) -> End {
    let language = match command.language.as_deref() {
        None | Some("" | "auto" | "default") => language::of_server(host).await,
        Some(tag) => Language::of(tag),
    };
    let mut follow_ups = Vec::new();
    let told = match command.wish() {
        Some(Wish::Status) => status::text(host, language).await,
        Some(Wish::Queue) => backlog::text(host, language).await,
        Some(Wish::Retry) => {
            follow_ups.push(Job::Sweep { recovered: true });
            backlog::retry(host, language).await
        }
        Some(Wish::History) => {
            let text = history::again(host, &command.room, &mut follow_ups).await;
            text.map(|text| text.in_language(language).to_owned())
        }
        Some(Wish::Help) => Ok(command.help(language)),
        None => Ok(messages::NOT_ALLOWED.in_language(language).to_owned()),
    };
    let text = told.unwrap_or_else(|failure| {
        messages::DID_NOT_WORK.filled(language, &[("reason", &failure.phrase().in_language(language))])
    });
    End { response: Some(Response { content: Some(text.into()), ..Response::of(200) }), follow_ups }
}

impl Command {
    /// What is wished, unless it is not granted.
    fn wish(&self) -> Option<Wish> {
        let typed = self.words.iter().map(|word| word.trim()).find(|word| !word.is_empty()).unwrap_or_default();
        let wish = WISHES.iter().find(|(word, ..)| word.eq_ignore_ascii_case(typed));
        let Some((_, wish, roles, _)) = wish else { return Some(Wish::Help) };
        self.may(roles).then_some(*wish)
    }

    /// Whether they have one of these roles; where there are none, everybody may.
    pub(crate) fn may(&self, roles: &[&str]) -> bool {
        roles.is_empty() || self.roles.iter().any(|role| roles.contains(&role.as_str()))
    }

    pub(crate) fn help(&self, language: Language) -> String {
        let mut text = messages::HELP.in_language(language).to_owned();
        for (word, _, roles, does) in &WISHES {
            if self.may(roles) {
                for part in ["\n• `/tickets ", word, "` ", does.in_language(language)] {
                    text.push_str(part);
                }
            }
        }
        text
    }
}
