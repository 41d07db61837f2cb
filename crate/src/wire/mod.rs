//! The shapes of both outside worlds. No logic.

pub mod http;
pub mod rapidpro;
pub mod rocketchat;
