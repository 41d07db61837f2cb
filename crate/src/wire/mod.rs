//! The shapes of both outside worlds. No logic.

pub mod rapidpro;
pub mod rocketchat;
