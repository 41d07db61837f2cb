//! What the fuzz targets share: choices from the fuzzer's bytes, a Rocket.Chat that mostly behaves, and a
//! driver that runs whole operations against it and holds them to the contract.

pub mod chance;
pub mod drive;
pub mod json;
pub mod server;
