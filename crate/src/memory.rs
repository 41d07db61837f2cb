//! What one process remembers between operations: caches only, each with a short life. Any of it may be
//! wrong, since another node may have changed what it copies, or gone, since processes die.

use std::cell::RefCell;

use crate::workspace::Workspace;

/// The caches of one process.
#[derive(Debug, Default)]
pub struct Memory {
    /// This app's id on the server; the only thing here that never changes.
    pub app_id: String,
    /// The setting **App Secret**.
    pub secret: Cached<String>,
    /// The workspace's record.
    pub workspace: Cached<Workspace>,
    /// The key from which visitor tokens are derived.
    pub visitor_key: Cached<String>,
}

impl Memory {
    /// Remembers nothing but the app's id.
    pub fn new(app_id: String) -> Self {
        Self {
            app_id,
            ..Self::default()
        }
    }
}

/// A copy of something that is stored elsewhere.
#[derive(Debug)]
pub struct Cached<T>(RefCell<Option<Copy<T>>>);

#[derive(Debug)]
struct Copy<T> {
    value: T,
    made: u64,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: Clone> Cached<T> {
    /// How old a copy may be, in milliseconds: as long as a node may act on a setting or a callback
    /// address that another node has just changed.
    const LIFE_MS: u64 = 30_000;

    /// The copy, unless it is too old or the clock was set back since.
    pub fn get(&self, now: u64) -> Option<T> {
        let copy = self.0.borrow();
        let fresh = copy
            .as_ref()
            .filter(|copy| now.checked_sub(copy.made).is_some_and(|age| age < Self::LIFE_MS));
        fresh.map(|copy| copy.value.clone())
    }

    /// Copies what was just read or written.
    pub fn put(&self, now: u64, value: T) {
        *self.0.borrow_mut() = Some(Copy { value, made: now });
    }

    /// Forgets the copy, since what it copies has changed.
    pub fn forget(&self) {
        self.0.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_lives_for_a_while_and_not_in_the_past() {
        let cached = Cached::default();
        assert_eq!(cached.get(5), None);
        cached.put(1_000, 'a');
        assert_eq!(cached.get(1_000), Some('a'));
        assert_eq!(cached.get(30_999), Some('a'));
        assert_eq!(cached.get(31_000), None);
        assert_eq!(cached.get(999), None);
        cached.forget();
        assert_eq!(cached.get(1_000), None);
    }
}
