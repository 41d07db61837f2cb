//! How the app fares: one list of figures, told as JSON, to Prometheus and to people.

use serde_json::{Map, Value};

use crate::admin::settings_check::title;
use crate::admin::{backlog, settings_check};
use crate::config::workspace::Workspace;
use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{api, budget, public_url, settings, workspace};
use crate::ids::ConnectionId;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::reading::trouble::Trouble;
use crate::request::caller::Caller;
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::{DeniedPermissions, Host};
use crate::runtime::json;
use crate::runtime::operation::End;
use crate::store::reading;
use crate::store::reading::ReadingState;
use crate::text::i18n::{Language, Text};
use crate::text::{messages, timestamp, url};
use crate::wire::http::{Query, Response};

const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4";

/// The first figure of each workspace, and the one that is a time.
pub(crate) const WORKSPACE: &str = "workspace";

pub(crate) const LAST_SUCCESS: &str = "last_success";

pub(crate) const LAST_READING: &str = "last_reading";

/// The values of figures, with the places of these in the list.
type Values = Vec<(usize, Value)>;

/// What machines call the figures, and what people do: first those of the app, then those of each workspace, and those of
/// workspaces whose API is read.
const FIGURES: [(&str, Text); 20] = [
    ("version", messages::VERSION),
    ("address", messages::ADDRESS),
    ("missing_permissions", messages::MISSING_PERMISSIONS),
    ("settings_problems", messages::PROBLEMS),
    (WORKSPACE, messages::WORKSPACE),
    ("connected", messages::CONNECTED),
    ("callback_host", messages::CALLBACK_HOST),
    ("answers", messages::ANSWERS),
    ("trouble", messages::TROUBLE),
    (LAST_SUCCESS, messages::LAST_SUCCESS),
    ("queued_messages", messages::QUEUED_MESSAGES),
    ("queued_closes", messages::QUEUED_CLOSES),
    ("waiting_contacts_messages", messages::WAITING_CONTACTS_MESSAGES),
    ("failed_messages", messages::FAILED_MESSAGES),
    ("counts_complete", messages::COMPLETE),
    ("api_token_accepted", messages::TOKEN_ACCEPTED),
    ("rapidpro_workspace", messages::RAPIDPRO_WORKSPACE),
    (LAST_READING, messages::LAST_READING),
    ("reading_age_seconds", messages::READING_AGE),
    ("api_requests", messages::API_REQUESTS),
];

/// How many of them are the app's.
const OF_APP: usize = 4;

/// The first of those that only workspaces have whose API is read.
const OF_READING: usize = 16;

/// The endpoint `status`. It tells each RapidPro of its own workspace only.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn answer(host: &Host, caller: &Caller, query: &Query) -> Result<End, Refusal> {
    let values = read(host, Some(&caller.workspace), Language::English).await?;
    let mut response = Response::of(200);
    if query.format.as_ref().and_then(Value::as_str) == Some("prometheus") {
        response.content = Some(for_prometheus(&values, title(&caller.workspace, Language::English)).into());
        response.media_type = Some(PROMETHEUS_TYPE.to_owned());
    } else {
        response.content = Some(as_json(values));
    }
    Ok(End::answer(response))
}

/// The same in words, of all workspaces.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn text(host: &Host, language: Language) -> Result<String, Failure> {
    Ok(for_people(&read(host, None, language).await?, language))
}

/// The values of the figures: the app's, then those of each workspace, or of this `only`.
pub(crate) async fn read(host: &Host, only: Option<&str>, language: Language) -> Result<Values, Failure> {
    let settings = settings::all(host).await?;
    let mut lines = settings.lines();
    lines.retain(|line| only.is_none_or(|only| line.name == only));
    let queue = backlog::look(host).await?;
    let denied: Vec<Value> = host.cache::<DeniedPermissions>().list().into_iter().map(Value::from).collect();
    let of_app = vec![
        json::to_value(env!("CARGO_PKG_VERSION")),
        json::to_value(public_url::app_address(host).await),
        Value::Array(denied),
        json::to_value(settings_check::problems(host, &settings, &lines, language)),
    ];
    let mut values: Values = of_app.into_iter().enumerate().collect();
    for line in &lines {
        let workspace = workspace::named(host, &line.name).await?;
        let state = if line.is_read() { Some(reading::state(host, &workspace.id).await?) } else { None };
        let figures = match &state {
            None => of_ticketer(host, line, &workspace, language),
            Some(state) => of_read(host, line, &workspace, state, language),
        };
        let counts = queue.counts(&workspace.id).map(Value::from).into_iter();
        let rest = [json::to_value(queue.is_complete), json::to_value(api::is_token_accepted(host, line))];
        values.extend((OF_APP..).zip(figures.into_iter().chain(counts).chain(rest)));
        values
            .extend((OF_READING..).zip(state.map(|state| of_readings(host, &workspace, state)).into_iter().flatten()));
    }
    Ok(values)
}

/// The figures of a workspace whose API is read, up to the last success: they say of the API what those of others say of
/// the callback.
fn of_read(
    host: &Host,
    line: &WorkspaceConfig,
    workspace: &Workspace,
    state: &ReadingState,
    language: Language,
) -> Vec<Value> {
    let breaker = host.cache::<CircuitBreakers>().of(&workspace.id);
    let trouble = state.failing.as_ref().and_then(|failing| Trouble::stored(&failing.why, failing.status));
    vec![
        json::to_value(title(&line.name, language)),
        json::to_value(state.read_at > 0),
        json::to_value(url::host_of(&line.address)),
        json::to_value((state.next > 0).then_some(state.failing.is_none())),
        json::to_value(trouble.map(|trouble| trouble.phrase().in_language(language))),
        json::to_value(breaker.last_success().map(timestamp::text)),
    ]
}

/// What there is to say of the readings themselves.
fn of_readings(host: &Host, workspace: &Workspace, state: ReadingState) -> [Value; 4] {
    let read_at = Some(state.read_at).filter(|at| *at > 0);
    [
        json::to_value(Some(state.name).filter(|name| !name.is_empty())),
        json::to_value(read_at.map(timestamp::text)),
        json::to_value(read_at.map(|at| host.now().saturating_sub(at) / 1_000)),
        json::to_value(budget::used(host, &workspace.id)),
    ]
}

/// The figures of a workspace that takes webhooks, up to the last success.
fn of_ticketer(host: &Host, line: &WorkspaceConfig, workspace: &Workspace, language: Language) -> Vec<Value> {
    let callback = workspace.callback(&ConnectionId::of(&line.secret));
    let breaker = host.cache::<CircuitBreakers>().of(&workspace.id);
    vec![
        json::to_value(title(&line.name, language)),
        json::to_value(callback.is_some()),
        json::to_value(callback.and_then(url::host_of)),
        // Nobody knows until RapidPro was asked.
        json::to_value(callback.and_then(|_| breaker.answers())),
        json::to_value(callback.and_then(|_| breaker.trouble()).map(|trouble| trouble.in_language(language))),
        json::to_value(breaker.last_success().map(timestamp::text)),
    ]
}

/// The name and the label of the figure at a place of the list.
pub(crate) fn figure(place: usize) -> (&'static str, Text) {
    FIGURES.get(place).copied().unwrap_or(("", messages::NONE))
}

fn as_json(values: Values) -> Value {
    let mut fields = Map::new();
    for (place, value) in values {
        fields.insert(figure(place).0.to_owned(), value);
    }
    Value::Object(fields)
}

/// Prometheus' text format: what can be told as a number.
fn for_prometheus(values: &[(usize, Value)], workspace: &str) -> String {
    let workspace = workspace.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = String::new();
    for (place, value) in values {
        let (name, help) = figure(*place);
        let (unit, number) = match value {
            Value::Bool(yes) => ("", u64::from(*yes)),
            Value::Array(list) => ("", list.len() as u64),
            Value::Number(count) => ("", count.as_u64().unwrap_or_default()),
            Value::String(at) if name == LAST_SUCCESS || name == LAST_READING => {
                ("_timestamp_seconds", timestamp::parse(at).unwrap_or_default() / 1_000)
            }
            _ => continue,
        };
        let help = help.in_language(Language::English);
        text.push_str(&format!(
            "# HELP rapidpro_tickets_{name}{unit} {help}\n# TYPE rapidpro_tickets_{name}{unit} gauge\n\
             rapidpro_tickets_{name}{unit}{{workspace=\"{workspace}\"}} {number}\n"
        ));
    }
    text
}

fn for_people(values: &[(usize, Value)], language: Language) -> String {
    let mut text = String::new();
    for (place, value) in values {
        let (name, label) = figure(*place);
        let start = if name == WORKSPACE { "\n*" } else { "*" };
        for part in [start, label.in_language(language), "*: ", &words_for(value, language), "\n"] {
            text.push_str(part);
        }
    }
    text
}

fn words_for(value: &Value, language: Language) -> String {
    let text = match value {
        Value::Bool(true) => messages::YES,
        Value::Bool(false) => messages::NO,
        Value::String(text) => return text.clone(),
        Value::Number(number) => return number.as_u64().unwrap_or_default().to_string(),
        Value::Array(list) if !list.is_empty() => {
            let items: Vec<String> = list.iter().map(|item| words_for(item, language)).collect();
            return items.join("; ");
        }
        Value::Null => return "–".to_owned(),
        _ => messages::NONE,
    };
    text.in_language(language).to_owned()
}
