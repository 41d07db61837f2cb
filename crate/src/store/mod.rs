//! What is stored in Rocket.Chat's persistence, what it adds up to, and how it is found by time.

pub mod delivered;
pub mod due;
pub mod inbox;
pub mod keys;
pub mod missed;
pub mod ours;
pub mod outbox;
pub mod outbox_record;
pub mod progress;
pub mod reading;
pub mod snapshot;
pub mod ticket;
pub mod time_index;
pub mod wish;
