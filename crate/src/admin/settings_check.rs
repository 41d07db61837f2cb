//! Whether the settings can be used as they stand: looked at when they were saved, so that nobody learns it from a
//! ticket.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::config::api::{is_token_accepted, record_answer};
use crate::config::licence::MonthlyLimit;
use crate::config::settings::{BadNumber, Settings};
use crate::config::workspace::MAIN;
use crate::config::workspace_config::{Connection, WorkspaceConfig};
use crate::config::{api, department, settings, workspace};
use crate::ids::ConnectionId;
use crate::reading::pages;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::text::i18n::{Language, Text};
use crate::text::messages;

/// How long RapidPro may take to say whether it accepts a token, in milliseconds.
pub(crate) const TIMEOUT_MS: u64 = 8_000;

/// What the settings name and the server does not know.
#[derive(Debug, Default)]
pub struct UnknownToServer {
    pub(crate) zone: RefCell<String>,
    pub(crate) departments: RefCell<Vec<String>>,
}

/// The server's settings by which no agent gets to see a room of this app, and how they read then (facts: "Contact
/// verification"): the contacts that Rocket.Chat makes from the app's visitors are unknown to it, and unverified.
const HIDING_SETTINGS: [(&str, &[&str]); 3] = [
    ("Livechat_Require_Contact_Verification", &["once", "always"]),
    ("Livechat_Block_Unknown_Contacts", &["true"]),
    ("Livechat_Block_Unverified_Contacts", &["true"]),
];

/// Those of them that are on, with their values.
#[derive(Debug, Default)]
pub struct HidingSettings(RefCell<Vec<String>>);

/// Asks for them. Servers before 7.0 have none of them.
async fn note_hiding_settings(host: &Host) {
    let mut on = Vec::new();
    for (id, hiding) in HIDING_SETTINGS {
        let value = match host.server_setting(id).await {
            Ok(Value::String(value)) => value,
            Ok(Value::Bool(value)) => value.to_string(),
            Ok(_) | Err(_) => continue,
        };
        if hiding.contains(&value.as_str()) {
            on.push(format!("{id} = {value}"));
        }
    }
    host.cache::<HidingSettings>().0.replace(on);
}

/// Finds out what only others know of the settings, and says in the log what is wrong with them.
pub async fn check(host: &Host) -> End {
    match ask(host).await {
        Ok(settings) => {
            for problem in problems(host, &settings, &settings.lines(), Language::English) {
                host.log(Level::Warn, problem);
            }
        }
        Err(failure) => host.log(Level::Warn, format!("the settings could not be checked: {failure}")),
    }
    End::default()
}

/// Asks the server whether it knows the time zone and the departments, and RapidPro whether it accepts the API tokens.
pub(crate) async fn ask(host: &Host) -> Result<Rc<Settings>, Failure> {
    let settings = settings::all(host).await?;
    let mut zone = settings.time_zone().to_owned();
    if zone.is_empty() || host.tell_times(Vec::new(), zone.clone()).await.is_ok() {
        zone.clear();
    }
    host.cache::<UnknownToServer>().zone.replace(zone);
    let mut unknown = Vec::new();
    for line in settings.lines() {
        let department = &line.department;
        if !department.is_empty() && matches!(department::find(host, department).await, Ok(None)) {
            unknown.push(department.clone());
        }
    }
    host.cache::<UnknownToServer>().departments.replace(unknown);
    note_hiding_settings(host).await;
    for line in settings.lines() {
        if line.is_read() {
            ask_read(host, &line).await?;
            continue;
        }
        if line.token.is_empty() || is_token_accepted(host, &line) == Some(true) {
            continue;
        }
        let workspace = workspace::named(host, &line.name).await?;
        let callback = workspace.callback(&ConnectionId::of(&line.secret));
        let Some(mut address) = api::api_address(&line, callback) else { continue };
        address.push_str("/api/v2/workspace.json");
        if let Ok(answer) = host.read_api(address, &line.api_token(), TIMEOUT_MS).await {
            record_answer(host, &line, &answer);
        }
        let said = match is_token_accepted(host, &line) {
            Some(true) => "accepts",
            Some(false) => "refuses",
            None => "does not say whether it accepts",
        };
        let name = title(&line.name, Language::English);
        host.log(Level::Info, format!("RapidPro {said} the API token of the workspace {name}"));
    }
    Ok(settings)
}

/// Asks the API of a workspace that is connected by it for RapidPro's name of the workspace, and says it in the log, or
/// what is wrong.
async fn ask_read(host: &Host, line: &WorkspaceConfig) -> Result<(), Failure> {
    let (id, title) = (workspace::named(host, &line.name).await?.id, title(&line.name, Language::English));
    let (level, said) = match pages::workspace_name(host, line, &id).await {
        Ok(name) => (Level::Info, format!("is “{name}” in RapidPro, whose API is read")),
        Err(trouble) => (Level::Warn, format!("cannot be read: {}", trouble.phrase().in_log())),
    };
    host.log(level, format!("the workspace {title} {said}"));
    Ok(())
}

/// What is wrong, in words. What is the main workspace's business is left out where that is none of `lines`.
pub fn problems(host: &Host, settings: &Settings, lines: &[WorkspaceConfig], language: Language) -> Vec<String> {
    let mut problems = Vec::new();
    let mut add = |text: Text, what: &str| problems.push(text.filled(language, &[("what", what)]));
    for (id, wrong) in settings.bad_numbers() {
        add(number_problem(wrong), label(id).in_language(language));
    }
    if let Some(address) = settings.bad_address("public_address") {
        add(messages::BAD_ADDRESS, address);
    }
    if settings.bad_name_form() {
        add(messages::FORM_WITHOUT_NAME, "");
    }
    for setting in host.cache::<HidingSettings>().0.borrow().iter() {
        add(messages::TICKETS_HIDDEN, setting);
    }
    if host.cache::<MonthlyLimit>().is_reached(host.now()) {
        add(messages::MONTHLY_LIMIT, "error-mac-limit-reached");
    }
    let zone = settings.time_zone();
    if !zone.is_empty() && *host.cache::<UnknownToServer>().zone.borrow() == zone {
        add(messages::UNKNOWN_TIME_ZONE, zone);
    }
    for line in lines {
        if is_token_accepted(host, line) == Some(false) {
            add(messages::TOKEN_REFUSED, title(&line.name, language));
        }
        if host.cache::<UnknownToServer>().departments.borrow().contains(&line.department) {
            add(messages::UNKNOWN_DEPARTMENT, &line.department);
        }
        if line.name != MAIN {
            continue;
        }
        match line.connection {
            Connection::Ticketer if line.secret.is_empty() => add(messages::NO_SECRET, ""),
            Connection::Api if !line.is_read() => add(messages::API_INCOMPLETE, ""),
            Connection::Ticketer | Connection::Api => {}
        }
        if let Some(address) = settings.bad_address("rapidpro_address") {
            add(messages::BAD_API_ADDRESS, address);
        }
    }
    // Where there is no main workspace it is everybody's business.
    let has_main = settings.lines().iter().any(|line| line.name == MAIN && (line.is_read() || !line.secret.is_empty()));
    if !has_main || lines.iter().any(|line| line.name == MAIN) {
        for number in &settings.rejected_lines {
            add(messages::LINE_LEFT_OUT, &number.to_string());
        }
    }
    problems
}

fn number_problem(wrong: BadNumber) -> Text {
    match wrong {
        BadNumber::NotWhole => messages::NOT_A_NUMBER,
        BadNumber::Negative => messages::NEGATIVE_NUMBER,
        BadNumber::TooLarge => messages::NUMBER_TOO_LARGE,
    }
}

/// How Rocket.Chat labels a setting that holds a number.
fn label(id: &'static str) -> Text {
    [messages::HISTORY_HOURS, messages::HISTORY_MESSAGES, messages::RETENTION_DAYS, messages::READING_INTERVAL]
        .into_iter()
        .find(|label| label.0 == id)
        .unwrap_or(Text::new(id))
}

/// How people are told of a workspace.
pub fn title(workspace: &str, language: Language) -> &str {
    if workspace == MAIN { messages::MAIN_WORKSPACE.in_language(language) } else { workspace }
}
