//! What becomes of effects, and what goes to the log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of one effect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was carried out; `null` from Rocket.Chat means "unknown", not "absent".
    Ok(Value),
    /// Rocket.Chat or the network refused, in its own words.
    Error(String),
    /// Nobody answered before the deadline; it may still have happened.
    Timeout,
}

/// The outcomes of a step's effects, in the order of the effects.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answers {
    /// The time at which they were complete.
    pub now: u64,
    /// One outcome an effect.
    pub outcomes: Vec<Outcome>,
}

/// How much a line in the app's log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Of use to a developer; the only level that may hold a message's text.
    Debug,
    /// Normal, and worth knowing.
    Info,
    /// Something was dropped, skipped or put off.
    Warn,
    /// Somebody should act.
    Error,
}

/// A line for the app's log. Never holds a secret or a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// One sentence.
    pub text: String,
}
