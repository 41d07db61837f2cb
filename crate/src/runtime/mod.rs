//! How an operation runs without I/O: effects, outcomes, caches, jobs.

pub mod cache;
pub mod calls;
pub mod effect;
pub mod failure;
pub mod host;
pub mod job;
pub mod json;
pub mod operation;
pub mod outcome;
pub mod pending;
pub mod process;
