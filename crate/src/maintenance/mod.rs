//! What comes by itself: the sweep, reconciliation, retention, the app's life cycle.

pub mod lifecycle;
pub mod reconcile_all;
pub mod retention;
pub mod sweep;
