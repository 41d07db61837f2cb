//! maintenance/reconcile_all

use crate::maintenance::sweep::MARGIN_MS;
use crate::outbound::delivery;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Haste;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::due;
use crate::store::missed::ReconcileNeeded;
use crate::store::snapshot::Desk;
use crate::store::time_index::OPENED;

/// Compares the rooms of open tickets with what was taken up: of one page of the calendar of opened
/// tickets, or of all of them, a job each.
pub async fn compare(host: &Host, page: Option<u64>) -> End {
    if page.is_none() {
        host.cache::<ReconcileNeeded>().0.set(false);
    }
    let outcome = match page {
        None => OPENED.pages(host).await.map(|pages| {
            let job = |page| Job::Compare { page: Some(page) };
            pages.into_iter().map(job).collect()
        }),
        Some(page) => compare_page(host, page).await,
    };
    match outcome {
        Ok(follow_ups) => End { response: None, follow_ups },
        Err(failure) => {
            host.log(Level::Warn, format!("rooms could not be compared with what was taken up: {failure}"));
            host.cache::<ReconcileNeeded>().0.set(true);
            End::default()
        }
    }
}

async fn compare_page(host: &Host, page: u64) -> Result<Vec<Job>, Failure> {
    let mut follow_ups = Vec::new();
    let mut all_finished = true;
    for room in due::rooms_on(&host.all_records(OPENED.association(page)).await?) {
        match Desk::read(host, &room).await? {
            Some(desk) if !desk.ticket.is_finished() || desk.is_busy() => {
                all_finished = false;
                follow_ups.extend(delivery::deliver(host, &room, Haste::Compare).await.follow_ups);
            }
            Some(_) | None => {}
        }
    }
    if all_finished && OPENED.end(page).saturating_add(MARGIN_MS) < host.now() {
        OPENED.retire(host, page).await?;
    }
    Ok(follow_ups)
}
