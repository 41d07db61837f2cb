//! The outside world as an operation sees it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use crate::runtime::failure::{Answer, Cause, Failure};
use crate::runtime::operation::Slot;
use crate::runtime::outcome::{Level, LogLine, Outcome};
use crate::runtime::process::Process;
use crate::text::digest::hash;
use crate::text::sanitize::without_keys;

/// The permissions for want of which Rocket.Chat seems to answer nothing.
#[derive(Debug, Default)]
pub struct DeniedPermissions(pub(crate) RefCell<BTreeSet<&'static str>>);

impl DeniedPermissions {
    pub(crate) fn insert(&self, permission: &'static str) -> bool {
        self.0.borrow_mut().insert(permission)
    }

    pub(crate) fn remove(&self, permission: &'static str) {
        self.0.borrow_mut().remove(permission);
    }

    /// All of them.
    pub fn list(&self) -> Vec<&'static str> {
        self.0.borrow().iter().copied().collect()
    }
}

/// A line of the log is cut to this length, in characters.
const LINE_LENGTH: usize = 2_000;

/// The outside world as an operation sees it.
#[derive(Debug, Clone)]
pub struct Host {
    pub(crate) slot: Rc<Slot>,
    pub(crate) process: Rc<Process>,
    pub(crate) entropy: Rc<str>,
}

impl Host {
    pub(crate) fn new(slot: Rc<Slot>, process: Rc<Process>, entropy: Rc<str>) -> Self {
        Self { slot, process, entropy }
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The time of the last answer.
    pub fn now(&self) -> u64 {
        self.slot.now.get()
    }

    /// A hexadecimal text of `bytes` random bytes (32 at most); the same one for the same `purpose`
    /// throughout an operation.
    pub fn random(&self, purpose: &str, bytes: usize) -> String {
        let mut text = hash(&[&self.entropy, purpose]);
        text.truncate(bytes * 2);
        text
    }

    /// The process that runs the operation.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The process's only value of this type: a cache, which belongs to the module that defines it.
    pub fn cache<T: Default + 'static>(&self) -> Rc<T> {
        self.process.cache()
    }

    /// Writes a line to the app's log. It stays one line, whatever it quotes: on the server's console the
    /// next line could be anybody's.
    pub fn log(&self, level: Level, text: impl Into<String>) {
        let breaks = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
        let text: String = text.into();
        let text = text.chars().take(LINE_LENGTH).map(|char| if breaks(char) { ' ' } else { char }).collect();
        self.slot.log.borrow_mut().push(LogLine { level, text });
    }

    /// Rocket.Chat answered nothing, as it does where the app lacks `permission`. Said once in the log.
    pub fn denied(&self, permission: &'static str) -> Failure {
        if self.cache::<DeniedPermissions>().insert(permission) {
            self.log(
                Level::Warn,
                format!(
                    "Rocket.Chat returned nothing; permission {permission} is probably missing: if the app was not \
                     given it, install it again over itself and accept all permissions"
                ),
            );
        }
        Cause::Denied(permission).into()
    }

    /// What an outcome says, also of the permission that its effect needs.
    pub(crate) fn judge(&self, permission: Option<&'static str>, outcome: Option<Outcome>) -> Answer<Value> {
        let value = match outcome {
            Some(Outcome::Ok(value)) => value,
            Some(Outcome::Error(words)) => return Err(Cause::Refused(without_keys(&words)).into()),
            Some(Outcome::Timeout) | None => return Err(Cause::TimedOut.into()),
        };
        match permission {
            Some(permission) if value.is_null() => return Err(self.denied(permission)),
            Some(permission) => self.cache::<DeniedPermissions>().remove(permission),
            None => {}
        }
        Ok(value)
    }
}
