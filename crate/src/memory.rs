//! What one process remembers between operations: caches only, each with a short life. Any of it may be
//! wrong, since another node may have changed what it copies, or gone, since processes die.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::Value;

use crate::arrivals::Arrivals;
use crate::breaker::Breakers;
use crate::settings::Settings;
use crate::ticket::RoomId;
use crate::words::Language;
use crate::workspace::Workspace;

/// A process of the app: random, made anew at every start.
pub type NodeId = String;

/// The caches of one process.
#[derive(Debug, Default)]
pub struct Memory {
    /// This app's id on the server; never changes.
    pub app_id: String,
    /// This process; never changes.
    pub node: NodeId,
    /// The app's settings.
    pub settings: Cached<Rc<Settings>>,
    /// The address under which RapidPro reaches this server.
    pub public_address: Cached<String>,
    /// The server's language.
    pub language: Cached<Language>,
    /// The workspaces' records.
    pub workspaces: CachedByName<Workspace>,
    /// The key from which visitor tokens are derived.
    pub visitor_key: Cached<String>,
    /// Whether the workspaces' RapidPros answer.
    pub breakers: Breakers,
    /// The calendars' pages that this process has listed.
    pub listed_pages: ListedPages,
    /// Whether an event could not be written down, so that the rooms must be compared.
    pub missed: Cell<bool>,
    /// The rooms of such events: what they bring next must not overtake it.
    pub uncertain: Rooms,
    /// When this process last arranged to look at a room again.
    pub looks: Looks,
    /// What contacts wrote last.
    pub last_words: LastWords,
    /// Where they wrote it.
    pub last_rooms: LastRooms,
    /// Messages whose events have come.
    pub arrivals: Arrivals,
    /// With which words rooms were closed, until that is stored.
    pub comments: Comments,
    /// Custom fields that Rocket.Chat does not know.
    pub unknown_fields: UnknownFields,
    /// The permissions that the app seems to lack.
    pub denied: Denied,
    /// The time zone of the settings, where the server does not know it.
    pub unknown_zone: RefCell<String>,
    /// The default departments of the settings that the server does not know.
    pub unknown_departments: RefCell<Vec<String>>,
    /// What RapidPro has said of API tokens.
    pub tokens: Tokens,
}

impl Memory {
    /// Remembers nothing but who it is.
    pub fn new(app_id: String, node: NodeId) -> Self {
        Self { app_id, node, ..Self::default() }
    }
}

/// Adds an item to the latest ones, of which there are `most`.
fn keep<T>(latest: &mut VecDeque<T>, item: T, most: usize) {
    latest.push_back(item);
    if latest.len() > most {
        latest.pop_front();
    }
}

/// With which words rooms were closed. Rocket.Chat tells it only once, in an event beside the close's own.
#[derive(Debug, Default)]
pub struct Comments(RefCell<VecDeque<(RoomId, String)>>);

impl Comments {
    const COUNT_MAX: usize = 200;

    /// A room was closed with these words.
    pub fn put(&self, room: RoomId, comment: String) {
        let mut comments = self.0.borrow_mut();
        keep(&mut comments, (room, comment), Self::COUNT_MAX);
    }

    /// The words, if they are known by now.
    pub fn take(&self, room: &RoomId) -> Option<String> {
        let mut comments = self.0.borrow_mut();
        let index = comments.iter().position(|(closed, _)| closed == room)?;
        comments.remove(index).map(|(_, comment)| comment)
    }
}

/// Custom fields that Rocket.Chat does not know, so as not to try, and say so, again and again.
#[derive(Debug, Default)]
pub struct UnknownFields(RefCell<VecDeque<(String, u64)>>);

impl UnknownFields {
    const COUNT_MAX: usize = 200;
    /// After so long a field may have been added in Rocket.Chat, in milliseconds.
    const LIFE_MS: u64 = 10 * 60_000;

    /// Whether Rocket.Chat has said so a short while ago.
    pub fn contains(&self, field: &str, now: u64) -> bool {
        self.0.borrow().iter().any(|(unknown, at)| unknown == field && now.abs_diff(*at) < Self::LIFE_MS)
    }

    /// Rocket.Chat says so. Answers whether that is news.
    pub fn insert(&self, field: &str, now: u64) -> bool {
        let mut fields = self.0.borrow_mut();
        let before = fields.len();
        fields.retain(|(unknown, _)| unknown != field);
        let is_news = fields.len() == before;
        keep(&mut fields, (field.to_owned(), now), Self::COUNT_MAX);
        is_news
    }
}

/// Which pages of which calendar this process has listed, so as not to list them with every record.
#[derive(Debug, Default)]
pub struct ListedPages {
    pages: RefCell<VecDeque<(&'static str, u64)>>,
    asked_at: Cell<u64>,
}

impl ListedPages {
    /// How many are remembered; the oldest are forgotten first, which costs no more than listing them again.
    const COUNT_MAX: usize = 100;

    /// Whether it was listed. After the clock was set back, pages that were past and off the list lie ahead again.
    pub fn contains(&self, calendar: &'static str, page: u64, now: u64) -> bool {
        let mut pages = self.pages.borrow_mut();
        if now < self.asked_at.replace(now) {
            pages.clear();
        }
        pages.contains(&(calendar, page))
    }

    /// It was listed.
    pub fn insert(&self, calendar: &'static str, page: u64) {
        let mut pages = self.pages.borrow_mut();
        keep(&mut pages, (calendar, page), Self::COUNT_MAX);
    }

    /// It was taken off the list.
    pub fn remove(&self, calendar: &'static str, page: u64) {
        self.pages.borrow_mut().retain(|listed| *listed != (calendar, page));
    }
}

/// A few rooms to be remembered.
#[derive(Debug, Default)]
pub struct Rooms(RefCell<VecDeque<RoomId>>);

impl Rooms {
    const COUNT_MAX: usize = 200;

    /// Remembers a room.
    pub fn insert(&self, room: &RoomId) {
        let mut rooms = self.0.borrow_mut();
        if !rooms.contains(room) {
            rooms.push_back(room.clone());
        }
        if rooms.len() > Self::COUNT_MAX {
            rooms.pop_front();
        }
    }

    /// Forgets a room; says whether it was remembered.
    pub fn remove(&self, room: &RoomId) -> bool {
        let mut rooms = self.0.borrow_mut();
        let before = rooms.len();
        rooms.retain(|remembered| remembered != room);
        rooms.len() < before
    }
}

/// When something was last done for a room, so as not to do it too often.
#[derive(Debug, Default)]
pub struct Looks(RefCell<VecDeque<(RoomId, u64)>>);

impl Looks {
    const COUNT_MAX: usize = 200;

    /// Whether it may be done now: once in `interval_ms` a room.
    pub fn allow(&self, room: &RoomId, now: u64, interval_ms: u64) -> bool {
        let mut looks = self.0.borrow_mut();
        looks.retain(|(_, at)| now.abs_diff(*at) < interval_ms);
        if looks.iter().any(|(looked_at, _)| looked_at == room) {
            return false;
        }
        keep(&mut looks, (room.clone(), now), Self::COUNT_MAX);
        true
    }
}

/// What contacts wrote last, since RapidPro forwards a message once for each of a contact's open tickets.
#[derive(Debug, Default)]
pub struct LastWords(RefCell<VecDeque<Words>>);

#[derive(Debug)]
struct Words {
    contact: String,
    said: Value,
    copies: usize,
    copies_max: usize,
    at: u64,
    id: String,
}

impl LastWords {
    /// How many messages are remembered.
    const COUNT_MAX: usize = 200;
    /// How soon copies of one message follow each other, in milliseconds: RapidPro sends the next as soon
    /// as it has the answer to the last.
    const COPY_WITHIN_MS: u64 = 1_500;

    /// The id of the message that this one repeats, if it is one of its copies.
    pub fn repeated(&self, contact: &str, said: &Value, now: u64) -> Option<String> {
        let mut all = self.0.borrow_mut();
        let last = all.iter_mut().rev().find(|words| words.contact == contact)?;
        let follows = now.checked_sub(last.at).is_some_and(|pause| pause <= Self::COPY_WITHIN_MS);
        if last.said != *said || !follows || last.copies >= last.copies_max {
            return None;
        }
        last.copies += 1;
        last.at = now;
        Some(last.id.clone())
    }

    /// A contact's message was posted under this id, and RapidPro may send `copies_max` copies of it: as many as there
    /// were tickets then, whatever is closed meanwhile.
    pub fn remember(&self, contact: String, said: Value, copies_max: usize, id: String, now: u64) {
        let mut all = self.0.borrow_mut();
        keep(&mut all, Words { contact, said, copies: 1, copies_max, at: now, id }, Self::COUNT_MAX);
    }
}

/// Where contacts wrote last, since most write there again.
#[derive(Debug, Default)]
pub struct LastRooms(RefCell<VecDeque<(String, RoomId)>>);

impl LastRooms {
    const COUNT_MAX: usize = 500;

    /// The room of a contact, by their association.
    pub fn get(&self, contact: &str) -> Option<RoomId> {
        self.0.borrow().iter().find(|(writer, _)| writer == contact).map(|(_, room)| room.clone())
    }

    /// A contact wrote in this room.
    pub fn put(&self, contact: &str, room: &RoomId) {
        let mut rooms = self.0.borrow_mut();
        rooms.retain(|(writer, _)| writer != contact);
        keep(&mut rooms, (contact.to_owned(), room.clone()), Self::COUNT_MAX);
    }
}

/// The permissions for want of which Rocket.Chat seems to answer nothing.
#[derive(Debug, Default)]
pub struct Denied(RefCell<Vec<&'static str>>);

impl Denied {
    /// Remembers one; says whether that is new.
    pub fn insert(&self, permission: &'static str) -> bool {
        let mut denied = self.0.borrow_mut();
        let is_new = !denied.contains(&permission);
        if is_new {
            denied.push(permission);
        }
        is_new
    }

    /// It was granted after all.
    pub fn remove(&self, permission: &str) {
        self.0.borrow_mut().retain(|denied| *denied != permission);
    }

    /// All of them.
    pub fn list(&self) -> Vec<&'static str> {
        self.0.borrow().clone()
    }
}

/// What RapidPro has said of API tokens, by a hash of each.
#[derive(Debug, Default)]
pub struct Tokens(RefCell<VecDeque<(String, bool)>>);

impl Tokens {
    const COUNT_MAX: usize = 50;

    /// Whether RapidPro accepts the token, if it was asked.
    pub fn accepted(&self, token: &str) -> Option<bool> {
        self.0.borrow().iter().rev().find(|(known, _)| known == token).map(|(_, accepted)| *accepted)
    }

    /// Whether RapidPro has just accepted it.
    pub fn put(&self, token: String, accepted: bool) {
        if self.accepted(&token) != Some(accepted) {
            let mut tokens = self.0.borrow_mut();
            keep(&mut tokens, (token, accepted), Self::COUNT_MAX);
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
pub struct CachedByName<T>(RefCell<Vec<(String, Cached<T>)>>);

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
    fn only_as_many_copies_are_swallowed_as_there_are_tickets_and_only_at_once() {
        let words = LastWords::default();
        assert_eq!(words.repeated("c", &"ok".into(), 0), None);
        words.remember("c".into(), "ok".into(), 1, "m0".into(), 0);
        assert_eq!(words.repeated("c", &"ok".into(), 10), None, "one ticket has no copies");
        words.remember("c".into(), "ok".into(), 2, "m1".into(), 0);
        assert_eq!(words.repeated("c", &"no".into(), 10), None);
        assert_eq!(words.repeated("d", &"ok".into(), 10), None);
        assert_eq!(words.repeated("c", &"ok".into(), 10), Some("m1".into()));
        assert_eq!(words.repeated("c", &"ok".into(), 20), None, "said again");
        words.remember("c".into(), "ok".into(), 2, "m2".into(), 20);
        assert_eq!(words.repeated("c", &"ok".into(), 5_000), None, "said again later");
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
