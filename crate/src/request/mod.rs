//! RapidPro's requests: who calls, what the body holds, why one is refused.

pub mod body;
pub mod caller;
pub mod fields;
pub mod refusal;
