//! Kinds of caches.

use std::borrow::Borrow;
use std::cell::RefCell;

/// The latest values by key; of more than `MOST` the oldest are forgotten.
#[derive(Debug)]
pub struct Recent<K, V, const MOST: usize>(pub(crate) RefCell<Vec<(K, V)>>);

impl<K, V, const MOST: usize> Default for Recent<K, V, MOST> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: PartialEq, V: Clone, const MOST: usize> Recent<K, V, MOST> {
    /// The value of a key.
    pub fn get<Q: PartialEq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.borrow().iter().find(|(known, _)| known.borrow() == key).map(|(_, value)| value.clone())
    }

    /// Makes this the latest value; answers the one that the key had before.
    pub fn put(&self, key: K, value: V) -> Option<V> {
        let before = self.remove(&key);
        let mut entries = self.0.borrow_mut();
        entries.push((key, value));
        if entries.len() > MOST {
            entries.remove(0);
        }
        before
    }

    /// Forgets a key; answers the value that it had.
    pub fn remove<Q: PartialEq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut entries = self.0.borrow_mut();
        let index = entries.iter().position(|(known, _)| known.borrow() == key)?;
        Some(entries.remove(index).1)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// All keys, the latest last.
    pub fn keys(&self) -> Vec<K>
    where
        K: Clone,
    {
        self.0.borrow().iter().map(|(key, _)| key.clone()).collect()
    }
}

/// A copy of something that is stored elsewhere.
#[derive(Debug)]
pub struct Cached<T>(pub(crate) RefCell<Option<Copy<T>>>);

#[derive(Debug)]
pub(crate) struct Copy<T> {
    pub(crate) value: T,
    pub(crate) made: u64,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: Clone> Cached<T> {
    /// How old a copy may be, in milliseconds: as long as a node may act on a setting or a callback
    /// address that another node has just changed.
    pub(crate) const LIFE_MS: u64 = 30_000;

    /// The copy, unless it is too old or the clock was set back since.
    pub fn get(&self, now: u64) -> Option<T> {
        let copy = self.0.borrow();
        let fresh = copy.as_ref().filter(|copy| now.checked_sub(copy.made).is_some_and(|age| age < Self::LIFE_MS));
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

/// Copies of a few things of one kind. There are as many names as an admin configures.
#[derive(Debug)]
pub struct CachedByName<T>(pub(crate) RefCell<Vec<(String, Cached<T>)>>);

impl<T> Default for CachedByName<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> CachedByName<T> {
    /// The copy, under the same conditions as that of a [`Cached`].
    pub fn get(&self, name: &str, now: u64) -> Option<T> {
        let all = self.0.borrow();
        all.iter().find(|(known, _)| known == name).and_then(|(_, cached)| cached.get(now))
    }

    /// Copies what was just read or written.
    pub fn put(&self, name: &str, now: u64, value: T) {
        let mut all = self.0.borrow_mut();
        all.retain(|(known, _)| known != name);
        let cached = Cached::default();
        cached.put(now, value);
        all.push((name.to_owned(), cached));
    }

    /// Forgets all copies.
    pub fn forget(&self) {
        self.0.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_values_are_kept() {
        let recent = Recent::<&str, u8, 2>::default();
        assert_eq!(recent.put("a", 1), None);
        assert_eq!(recent.put("b", 2), None);
        assert_eq!(recent.put("a", 3), Some(1));
        assert_eq!(recent.put("c", 4), None);
        assert_eq!(recent.get("b"), None);
        assert_eq!(recent.keys(), ["a", "c"]);
        assert_eq!(recent.remove("a"), Some(3));
        assert_eq!(recent.get("a"), None);
    }

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
