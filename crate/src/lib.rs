//! The core of the RapidPro Tickets app: it decides, and somebody else does.
//!
//! Every trigger (a request, an event of Rocket.Chat, the app's own follow-up) starts one
//! [`Operation`](operation::Operation). Its logic is an ordinary `async fn` over a
//! [`Host`](host::Host), but nothing is awaited for real: each call of the host becomes an
//! [`Effect`](host::Effect), plain data, and the operation stops there.
//!
//! **The loop's contract.** Call `begin` once. Perform all effects of the step that it returns, side
//! by side, and hand every outcome, in the same order, to `resume`; go on until a step carries an
//! [`End`](operation::End). Failures are outcomes, never exceptions. An operation that is dropped
//! half-way is a crash: what it wrote stays, and a later operation repairs the rest.
//!
//! The core never performs I/O, never reads a clock and never draws a random number: time comes in
//! with every answer and random bytes with the trigger. What one process remembers between
//! operations is in the caches of its [`Process`](process::Process), any of which may be wrong or gone.
//!
//! Times are milliseconds since the Unix epoch.

pub mod address;
pub mod agent_content;
pub mod agent_message;
pub mod arrivals;
pub mod asking;
pub mod attachment;
pub mod auth;
pub mod breaker;
pub mod cache;
pub mod calendar;
pub mod close;
pub mod close_details;
pub mod command;
pub mod compare;
pub mod connection;
pub mod delivery;
pub mod desk;
pub mod emoji;
pub mod fields;
pub mod file_link;
pub mod file_name;
pub mod harmless;
pub mod history;
pub mod host;
pub mod inbox;
pub mod json;
pub mod language;
pub mod last_message;
pub mod media_check;
pub mod media_copy;
pub mod media_type;
pub mod missed;
pub mod notice;
pub mod open;
pub mod operation;
pub mod outbox;
pub mod policy;
pub mod process;
pub mod queue;
pub mod refusal;
pub mod request;
pub mod rich_content;
pub mod settings;
pub mod settings_check;
pub mod status;
pub mod sweep;
pub mod ticket;
pub mod tidy;
pub mod timestamp;
pub mod trigger;
pub mod visitor;
pub mod visitor_message;
mod wasm;
pub mod webhook;
pub mod wire;
pub mod words;
pub mod workspace;
