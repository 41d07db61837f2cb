//! For whoever looks after the app: the command, the status, the settings' check.

pub mod backlog;
pub mod command;
pub mod settings_check;
pub mod status;
