//! Texts and what is made of them: no import of anything else in this crate.

pub mod address;
pub mod digest;
pub mod emoji;
pub mod file_name;
pub mod i18n;
pub mod json_text;
pub mod media_type;
pub mod messages;
pub mod sanitize;
pub mod timestamp;
pub mod url;
