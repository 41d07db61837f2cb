//! The transport of a RapidPro without ticketing services: its API v2
//! (docs/reference/rapidpro.md, section "Without ticketing services").
//!
//! An API says what it has done, so less is left to chance than with a webhook: what RapidPro calls each message of ours
//! is noted before the message counts as delivered, and where an answer got lost, its own list of messages tells.

pub mod answer;
pub mod client;
pub mod close;
pub mod doubt;
pub mod media;
pub mod message;
pub mod parts;
