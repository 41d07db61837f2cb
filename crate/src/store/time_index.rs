//! Finding stored records by time, without ever reading them all.
//!
//! Rocket.Chat's persistence finds records by exact association only. A calendar is a book of pages, one
//! a stretch of time; a record is found by the association of its page, and the pages in use are listed
//! in an index of their own. So no read grows with the number of tickets or messages, only with what
//! belongs to one stretch of time. A page is listed before anything is written on it, and taken off the
//! list when nothing on it matters any more.

use crate::runtime::cache::Recent;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use serde::Deserialize;
use serde::Serialize;
use std::cell::Cell;

pub(crate) const VERSION: u8 = 1;

pub(crate) const MINUTE_MS: u64 = 60_000;

/// What must be looked at again, and when.
pub const DUE: Calendar = Calendar { name: "due", page_ms: MINUTE_MS };

/// Which tickets were opened when.
pub const OPENED: Calendar = Calendar { name: "opened", page_ms: 60 * MINUTE_MS };

/// Which tickets ended when.
pub const ENDED: Calendar = Calendar { name: "ended", page_ms: 24 * 60 * MINUTE_MS };

/// Which pages of which calendar this process has listed, so as not to list them with every record.
#[derive(Debug, Default)]
pub struct ListedPages {
    pub(crate) pages: Recent<(&'static str, u64), (), 100>,
    asked_at: Cell<u64>,
}

impl ListedPages {
    /// Whether it was listed. After the clock was set back, pages that were past and off the list lie ahead again.
    pub(crate) fn contains(&self, calendar: &'static str, page: u64, now: u64) -> bool {
        if now < self.asked_at.replace(now) {
            self.pages.clear();
        }
        self.pages.get(&(calendar, page)).is_some()
    }

    /// It was listed.
    pub(crate) fn insert(&self, calendar: &'static str, page: u64) {
        self.pages.put((calendar, page), ());
    }

    /// It was taken off the list.
    pub(crate) fn remove(&self, calendar: &'static str, page: u64) {
        self.pages.remove(&(calendar, page));
    }
}

/// A book of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    pub(crate) name: &'static str,
    page_ms: u64,
}

#[derive(Debug, Deserialize, Serialize)]
struct Listing {
    pub(crate) v: u8,
    pub(crate) page: u64,
}

impl Calendar {
    /// The page that a time belongs to.
    pub fn page(&self, at: u64) -> u64 {
        at.checked_div(self.page_ms).unwrap_or_default()
    }

    /// When a page begins.
    pub fn start(&self, page: u64) -> u64 {
        page.saturating_mul(self.page_ms)
    }

    /// When a page is over.
    pub fn end(&self, page: u64) -> u64 {
        self.start(page.saturating_add(1))
    }

    /// By which the records of a page are found.
    pub fn association(&self, page: u64) -> String {
        format!("{}/{page}", self.name)
    }

    /// Lists a page, unless this process has just done so.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing.
    pub async fn list(&self, host: &Host, page: u64) -> Result<(), Failure> {
        if !host.cache::<ListedPages>().contains(self.name, page, host.now()) {
            let listing = Listing { v: VERSION, page };
            host.create_record(vec![self.name.to_owned(), self.listing(page)], listing).await?;
            host.cache::<ListedPages>().insert(self.name, page);
        }
        Ok(())
    }

    /// The pages in use, oldest first.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from reading.
    pub async fn pages(&self, host: &Host) -> Result<Vec<u64>, Failure> {
        let listings: Vec<Listing> = host.records(self.name.to_owned()).await?;
        let mut pages: Vec<u64> = listings.into_iter().map(|listing| listing.page).collect();
        pages.sort_unstable();
        pages.dedup();
        Ok(pages)
    }

    /// Takes a page off the list.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing.
    pub async fn retire(&self, host: &Host, page: u64) -> Result<(), Failure> {
        host.cache::<ListedPages>().remove(self.name, page);
        host.remove_records(self.listing(page)).await
    }

    fn listing(&self, page: u64) -> String {
        format!("{}-page/{page}", self.name)
    }
}
