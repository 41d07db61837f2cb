//! From RapidPro to Rocket.Chat: the endpoints, and the inbox of contacts' messages.

pub mod close_room;
pub mod connect;
pub mod duplicate_rooms;
pub mod last_message;
pub mod media_check;
pub mod media_copy;
pub mod new_room;
pub mod open_room;
pub mod poison;
pub mod post_entry;
pub mod post_inbox;
pub mod room_request;
pub mod said;
pub mod visitor_message;
