//! From Rocket.Chat to RapidPro: events, the outbox, delivery.

pub mod circuit_breaker;
pub mod close_details;
pub mod content;
pub mod content_lookup;
pub mod delivery;
pub mod eligible;
pub mod enqueue;
pub mod file_link;
pub mod lease;
pub mod message_sent;
pub mod outbox_writer;
pub mod reconcile;
pub mod reorder;
pub mod retry_policy;
pub mod review;
pub mod rich_blocks;
pub mod rich_content;
pub mod rich_reader;
pub mod room_closed;
pub mod run;
pub mod settle;
pub mod stuck;
pub mod transport;
pub mod trouble;
