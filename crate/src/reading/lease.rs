//! Which process reads a workspace's API: one in a cluster.
//!
//! Without compare-and-set nobody can tell whose lease was stored first, so whoever sees another's beside its own gives
//! way; the sweep has somebody begin anew where both did.

use crate::reading::Reading;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::store::keys::{reading_lease_association, reading_leases_association};
use crate::store::reading::{ReadingLease, VERSION};

/// For how long a process reads before it must say so again, in milliseconds.
const LEASE_MS: u64 = 60_000;

/// It does so where no more than this is left: longer than the longest step of a reading.
const RENEW_MS: u64 = 30_000;

/// Whether this process is to read, and until when.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub(crate) async fn take(host: &Host, workspace: &str) -> Result<Option<u64>, Failure> {
    let others = others(host, workspace).await?;
    if others.iter().any(|lease| host.now() < lease.until) {
        return Ok(None);
    }
    for dead in others {
        host.remove_records(reading_lease_association(workspace, &dead.node)).await?;
    }
    let until = store(host, workspace).await?;
    if others_hold(host, workspace).await? {
        release(host, workspace).await?;
        return Ok(None);
    }
    Ok(Some(until))
}

/// Another process may read.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub(crate) async fn release(host: &Host, workspace: &str) -> Result<(), Failure> {
    host.remove_records(reading_lease_association(workspace, &host.process().node)).await
}

async fn store(host: &Host, workspace: &str) -> Result<u64, Failure> {
    let (node, until) = (host.process().node.clone(), host.now().saturating_add(LEASE_MS));
    let associations = vec![reading_leases_association(workspace), reading_lease_association(workspace, &node)];
    host.replace_record(associations, ReadingLease { v: VERSION, node, until }).await?;
    Ok(until)
}

async fn others(host: &Host, workspace: &str) -> Result<Vec<ReadingLease>, Failure> {
    let mut leases: Vec<ReadingLease> = host.records(reading_leases_association(workspace)).await?;
    leases.retain(|lease| lease.node != host.process().node);
    Ok(leases)
}

async fn others_hold(host: &Host, workspace: &str) -> Result<bool, Failure> {
    Ok(others(host, workspace).await?.iter().any(|lease| host.now() < lease.until))
}

impl Reading<'_> {
    /// Sees to it that the lease does not end under what comes next. One that has ended may be another's by now.
    pub(crate) async fn hold(&mut self) -> Result<(), Failure> {
        let now = self.host.now();
        if now >= self.until {
            return Err(Cause::TimedOut.into());
        }
        if self.until.saturating_sub(now) < RENEW_MS {
            self.until = store(self.host, &self.workspace).await?;
        }
        Ok(())
    }
}
