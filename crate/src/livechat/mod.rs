//! Rocket.Chat's side: rooms, visitors, departments, custom fields, media, notices.

pub mod custom_fields;
pub mod leave;
pub mod media;
pub mod notice;
pub mod refusals;
pub mod room;
pub mod visitor;
