//! Operations of the core as they run in the app, made once with a server that behaves and then played again and again.

#[cfg(target_arch = "wasm32")]
mod faces;
pub mod play;
pub mod server;
