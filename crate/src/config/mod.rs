//! Settings, workspaces and where RapidPro is.

pub mod api;
pub mod budget;
pub mod connection;
pub mod department;
pub mod language;
pub mod licence;
pub mod public_url;
pub mod server_key;
pub mod settings;
pub mod workspace;
pub mod workspace_config;
