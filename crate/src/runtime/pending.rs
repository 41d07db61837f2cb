//! Waiting for effects.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{array, vec};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::runtime::effect::Effect;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::runtime::outcome::Outcome;

/// Effects that were asked for. Awaiting them yields what became of them.
///
/// A future of its own, and not one of an `async fn`, since it is what every operation waits with, in hundreds of
/// places: there, this is a few words that need no clearing up.
#[must_use = "effects are waited for one step at a time"]
pub struct Pending<'a, T> {
    pub(crate) host: &'a Host,
    pub(crate) permissions: Permissions,
    pub(crate) read: fn(&mut Outcomes<'_>) -> T,
}

/// What the first effects of a step need to be granted. Where others need anything, all are of one kind, and the first
/// one's answer tells whether it is.
type Permissions = [Option<&'static str>; 2];

impl<'a, T> Pending<'a, T> {
    pub(crate) fn of(host: &'a Host, effects: Vec<Effect>, read: fn(&mut Outcomes<'_>) -> T) -> Self {
        let mut needed = effects.iter().map(Effect::permission);
        let permissions = array::from_fn(|_| needed.next().flatten());
        drop(needed);
        host.slot().ask(effects);
        Self { host, permissions, read }
    }
}

impl<T> Future for Pending<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let Some(outcomes) = self.host.slot().outcomes() else { return Poll::Pending };
        let (host, permissions) = (self.host, self.permissions.into_iter());
        Poll::Ready((self.read)(&mut Outcomes { host, permissions, outcomes: outcomes.into_iter() }))
    }
}

/// What became of a step's effects, in their order.
pub(crate) struct Outcomes<'a> {
    pub(crate) host: &'a Host,
    pub(crate) permissions: array::IntoIter<Option<&'static str>, 2>,
    pub(crate) outcomes: vec::IntoIter<Outcome>,
}

impl Outcomes<'_> {
    /// What the next one answered. What is missing was not answered.
    pub(crate) fn value(&mut self) -> Result<Value, Failure> {
        self.host.judge(self.permissions.next().flatten(), self.outcomes.next())
    }

    /// Whether there are no more.
    pub(crate) fn is_over(&self) -> bool {
        self.outcomes.len() == 0
    }

    /// What each of the others answered, read by `next`, if all did.
    pub(crate) fn all<T>(&mut self, next: fn(&mut Self) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        while self.outcomes.len() > 0 {
            all.push(next(self)?);
        }
        Ok(all)
    }

    /// What the next one answered, in the core's own types.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        json::read(&self.value()?).ok_or_else(|| Cause::Unreadable.into())
    }

    /// The list that the next one answered. As it is: reading values into themselves would copy every one.
    pub(crate) fn list(&mut self) -> Result<Vec<Value>, Failure> {
        match self.value()? {
            Value::Array(items) => Ok(items),
            _ => Err(Cause::Unreadable.into()),
        }
    }

    /// Whose they are.
    pub(crate) fn host(&self) -> &Host {
        self.host
    }
}
