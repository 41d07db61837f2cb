//! Finding stored records by time, without ever reading them all.
//!
//! Rocket.Chat's persistence finds records by exact association only. A index is a book of buckets, one
//! a stretch of time; a record is found by the association of its bucket, and the buckets in use are listed
//! in an index of their own. So no read grows with the number of tickets or messages, only with what
//! belongs to one stretch of time. A bucket is listed before anything is written on it, and taken off the
//! list when nothing on it matters any more.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use crate::runtime::cache::Recent;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::sort::sort;
use crate::store::keys::bucket_association;

pub(crate) const VERSION: u8 = 1;

pub(crate) const MINUTE_MS: u64 = 60_000;

/// What must be looked at again, and when.
pub const DUE: TimeIndex = TimeIndex { name: "due", bucket_ms: MINUTE_MS };

/// Which tickets were opened when.
pub const OPENED: TimeIndex = TimeIndex { name: "opened", bucket_ms: 60 * MINUTE_MS };

/// Which tickets ended when.
pub const ENDED: TimeIndex = TimeIndex { name: "ended", bucket_ms: 24 * 60 * MINUTE_MS };

/// Which buckets of which index this process has listed, so as not to list them with every record.
#[derive(Debug, Default)]
pub struct ListedBuckets {
    pub(crate) buckets: Recent<(&'static str, u64), (), 100>,
    asked_at: Cell<u64>,
}

impl ListedBuckets {
    /// Whether it was listed. After the clock was set back, buckets that were past and off the list lie ahead again.
    pub(crate) fn contains(&self, index: &'static str, bucket: u64, now: u64) -> bool {
        if now < self.asked_at.replace(now) {
            self.buckets.clear();
        }
        self.buckets.get(&(index, bucket)).is_some()
    }

    /// It was listed.
    pub(crate) fn insert(&self, index: &'static str, bucket: u64) {
        self.buckets.put((index, bucket), ());
    }

    /// It was taken off the list.
    pub(crate) fn remove(&self, index: &'static str, bucket: u64) {
        self.buckets.remove(&(index, bucket));
    }
}

/// An index of stored records by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeIndex {
    pub(crate) name: &'static str,
    bucket_ms: u64,
}

#[derive(Debug, Deserialize, Serialize)]
struct BucketListing {
    pub(crate) v: u8,
    #[serde(rename = "page")]
    pub(crate) bucket: u64,
}

impl TimeIndex {
    /// The bucket that a time belongs to.
    pub fn bucket(&self, at: u64) -> u64 {
        at.checked_div(self.bucket_ms).unwrap_or_default()
    }

    /// When a bucket begins.
    pub fn start(&self, bucket: u64) -> u64 {
        bucket.saturating_mul(self.bucket_ms)
    }

    /// When a bucket is over.
    pub fn end(&self, bucket: u64) -> u64 {
        self.start(bucket.saturating_add(1))
    }

    /// By which the records of a bucket are found.
    pub fn association(&self, bucket: u64) -> String {
        bucket_association(self.name, bucket)
    }

    /// Lists a bucket, unless this process has just done so.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing.
    pub async fn ensure_listed(&self, host: &Host, bucket: u64) -> Result<(), Failure> {
        if !host.cache::<ListedBuckets>().contains(self.name, bucket, host.now()) {
            let listing = BucketListing { v: VERSION, bucket };
            host.create_record(vec![self.name.to_owned(), self.listing(bucket)], listing).await?;
            host.cache::<ListedBuckets>().insert(self.name, bucket);
        }
        Ok(())
    }

    /// The buckets in use, oldest first.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from reading.
    pub async fn buckets(&self, host: &Host) -> Result<Vec<u64>, Failure> {
        let listings: Vec<BucketListing> = host.records(self.name.to_owned()).await?;
        let mut buckets: Vec<u64> = listings.into_iter().map(|listing| listing.bucket).collect();
        sort(&mut buckets);
        buckets.dedup();
        Ok(buckets)
    }

    /// Takes a bucket off the list.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing.
    pub async fn drop_bucket(&self, host: &Host, bucket: u64) -> Result<(), Failure> {
        host.cache::<ListedBuckets>().remove(self.name, bucket);
        host.remove_records(self.listing(bucket)).await
    }

    fn listing(&self, bucket: u64) -> String {
        format!("{}-page/{bucket}", self.name)
    }
}
