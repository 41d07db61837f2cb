//! Whether the settings can be used as they stand: looked at when they were saved, so that nobody learns it from a
//! ticket.

use crate::config::api;
use crate::config::api::is_token_accepted;
use crate::config::api::record_answer;
use crate::config::settings;
use crate::config::settings::Settings;
use crate::config::workspace;
use crate::config::workspace::MAIN;
use crate::config::workspace_config::WorkspaceConfig;
use crate::ids::ConnectionId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::text::i18n::Language;
use crate::text::i18n::Text;
use crate::text::messages;
use std::cell::RefCell;
use std::rc::Rc;

/// How long RapidPro may take to say whether it accepts a token, in milliseconds.
pub(crate) const TIMEOUT_MS: u64 = 8_000;

/// What the settings name and the server does not know.
#[derive(Debug, Default)]
pub struct UnknownToServer {
    pub(crate) zone: RefCell<String>,
    pub(crate) departments: RefCell<Vec<String>>,
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
        if !department.is_empty() && matches!(host.find_department(department.clone()).await, Ok(None)) {
            unknown.push(department.clone());
        }
    }
    host.cache::<UnknownToServer>().departments.replace(unknown);
    for line in settings.lines() {
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

/// What is wrong, in words. What is the main workspace's business is left out where that is none of `lines`.
pub fn problems(host: &Host, settings: &Settings, lines: &[WorkspaceConfig], language: Language) -> Vec<String> {
    let mut problems = Vec::new();
    let mut add = |text: Text, what: &str| problems.push(text.filled(language, &[("what", what)]));
    for id in settings.bad_numbers() {
        add(messages::BAD_NUMBER, id);
    }
    if let Some(address) = settings.bad_address("public_address") {
        add(messages::BAD_ADDRESS, address);
    }
    if settings.bad_name_form() {
        add(messages::FORM_WITHOUT_NAME, "");
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
        if line.secret.is_empty() {
            add(messages::NO_SECRET, "");
        }
        if let Some(address) = settings.bad_address("rapidpro_address") {
            add(messages::BAD_API_ADDRESS, address);
        }
    }
    // Where there is no main workspace it is everybody's business.
    if settings.secret().is_empty() || lines.iter().any(|line| line.name == MAIN) {
        for number in &settings.rejected_lines {
            add(messages::LINE_LEFT_OUT, &number.to_string());
        }
    }
    problems
}

/// How people are told of a workspace.
pub fn title(workspace: &str, language: Language) -> &str {
    if workspace == MAIN { messages::MAIN_WORKSPACE.in_language(language) } else { workspace }
}
