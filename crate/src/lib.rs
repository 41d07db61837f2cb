//! The core of the RapidPro Tickets app: it decides, and somebody else does.
//!
//! Every trigger (a request, an event of Rocket.Chat, the app's own follow-up) starts one
//! [`Operation`](runtime::operation::Operation). Its logic is an ordinary `async fn` over a
//! [`Host`](runtime::host::Host), but nothing is awaited for real: each call of the host becomes an
//! [`Effect`](runtime::effect::Effect), plain data, and the operation stops there.
//!
//! **The loop's contract.** Call `begin` once. Perform all effects of the step that it returns, side
//! by side, and hand every outcome, in the same order, to `resume`; go on until a step carries an
//! [`End`](runtime::operation::End). Failures are outcomes, never exceptions. An operation that is dropped
//! half-way is a crash: what it wrote stays, and a later operation repairs the rest.
//!
//! The core never performs I/O, never reads a clock and never draws a random number: time comes in
//! with every answer and random bytes with the trigger. What one process remembers between
//! operations is in the caches of its [`Process`](runtime::process::Process), any of which may be wrong or gone.
//!
//! Times are milliseconds since the Unix epoch.

pub mod admin;
pub mod config;
pub mod dispatch;
mod face;
pub mod history;
pub mod ids;
pub mod inbound;
pub mod livechat;
pub mod maintenance;
pub mod outbound;
pub mod reading;
pub mod request;
pub mod router;
pub mod runtime;
mod sort;
pub mod store;
pub mod text;
pub mod wire;
