//! The app is installed, enabled, or one of its settings saved.

use crate::config::language::LanguageCache;
use crate::config::public_url::{AddressCache, app_address};
use crate::config::settings::SettingsCache;
use crate::config::workspace::MAIN;
use crate::config::{server_key, workspace};
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::missed::ReconcileNeeded;

/// A job that starts while the app is still being enabled is dropped by Rocket.Chat, in milliseconds.
pub(crate) const SETTLING_MS: u64 = 5_000;

/// A setting was saved: what was read before no longer counts, and what waited for it may go.
pub async fn updated(host: &Host) -> End {
    host.cache::<SettingsCache>().forget();
    host.cache::<AddressCache>().0.forget();
    host.cache::<LanguageCache>().forget();
    // Every node hears of it, and only one works off the job.
    host.cache::<CircuitBreakers>().lift();
    host.schedule(Job::Sweep { recovered: true }, host.now()).await;
    End::follow_up(Job::CheckSettings)
}

/// The app was installed: what is made once is best made now, while only one node knows the app.
pub async fn installed(host: &Host) -> End {
    let made = async {
        workspace::named(host, MAIN).await?;
        server_key::key(host).await
    };
    if let Err(failure) = made.await {
        host.log(Level::Warn, format!("nothing could be stored yet: {failure}"));
    }
    End::default()
}

/// The app was enabled on this node: events may have been lost before, and what waited may be due.
pub async fn enabled(host: &Host) -> End {
    announce(host).await;
    host.cache::<ReconcileNeeded>().0.set(true);
    let soon = host.now().saturating_add(SETTLING_MS);
    let jobs = vec![Job::Reconcile { bucket: None }, Job::Sweep { recovered: false }, Job::CheckSettings];
    host.schedule_all(jobs, soon).await;
    End::default()
}

/// Says in the log which address to paste into RapidPro.
async fn announce(host: &Host) {
    let address = app_address(host).await;
    host.log(Level::Info, format!("the address to paste into RapidPro: {address}"));
}
