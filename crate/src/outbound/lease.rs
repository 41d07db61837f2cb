//! Which process sends an entry: leases between nodes.

use crate::ids::RoomId;
use crate::outbound::run::{ATTEMPT_MS, DeliveryRun, Flow};
use crate::runtime::cache::Recent;
use crate::runtime::failure::Failure;
use crate::runtime::job::{DeliveryMode, Job};
use crate::store::outbox_record;
use crate::store::outbox_record::{EntryRef, LEASE_MS, OutboxEvent};
use crate::store::progress::Progress;

/// How soon to look again at what another node is about to send, in milliseconds.
const RECHECK_MS: u64 = 2_000;

/// When this process last arranged to look at a room again, so as not to do it with every event.
#[derive(Debug, Default)]
pub struct RecheckThrottle(pub(crate) Recent<RoomId, u64, 200>);

impl RecheckThrottle {
    /// Whether it may be done now.
    fn allow(&self, room: &RoomId, now: u64) -> bool {
        let is_due = self.0.get(room).is_none_or(|at| now.abs_diff(at) >= RECHECK_MS);
        if is_due {
            self.0.put(room.clone(), now);
        }
        is_due
    }
}

impl DeliveryRun<'_> {
    /// Sees to it that this process, and no other, sends the entry now. `None` where that is so.
    ///
    /// Without compare-and-set nobody can tell whose lease was stored first. So whoever sees another's
    /// beside its own does not send: of two at most one can see itself alone. What `is_wanted` waits for no back-off.
    pub(crate) async fn acquire_lease(
        &mut self,
        entry_ref: EntryRef<'_>,
        progress: &Progress,
        is_wanted: bool,
    ) -> Result<Option<Flow>, Failure> {
        let now = self.host.now();
        // Before that it cannot be asked what became of the last attempt, whoever wants it.
        if now < progress.unsure_until() {
            return Ok(Some(Flow::Stop));
        }
        // Where RapidPro may be back, or somebody says so, no back-off counts.
        if now < progress.next && self.mode != DeliveryMode::AfterOutage && !is_wanted {
            return Ok(Some(Flow::Stop));
        }
        let node = &self.host.process().node;
        match progress.leases(node, now) {
            (_, Some(theirs)) => {
                self.recheck(entry_ref.room, theirs).await;
                Ok(Some(Flow::Stop))
            }
            (Some(ours), None) if ours.saturating_sub(now) > ATTEMPT_MS => Ok(None),
            (Some(_) | None, None) => {
                let lease = OutboxEvent::Leased { node: node.clone(), until: now.saturating_add(LEASE_MS) };
                outbox_record::append(self.host, entry_ref, lease).await?;
                Ok(Some(Flow::Again))
            }
        }
    }

    /// The other node may have died, or be waiting for an entry before this one that is ours.
    async fn recheck(&self, room: &RoomId, theirs: u64) {
        let now = self.host.now();
        if self.host.cache::<RecheckThrottle>().allow(room, now) {
            let jitter = self.chance().saturating_mul(RECHECK_MS) / 100;
            let soon = theirs.min(now.saturating_add(RECHECK_MS)).saturating_add(jitter);
            self.host.schedule(Job::Deliver { room: room.clone(), mode: DeliveryMode::Due }, soon).await;
        }
    }

    /// 0 to 99, at random.
    pub(crate) fn chance(&self) -> u64 {
        u64::from_str_radix(&self.host.random("chance", 2), 16).unwrap_or_default() % 100
    }
}
