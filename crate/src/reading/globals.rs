//! RapidPro's globals by which imported flows find this app: its address, and the secret of the doorbells.

use serde_json::{Value, json};

use crate::config::budget::Scope;
use crate::config::{api, public_url};
use crate::reading::{Reading, doorbell};
use crate::runtime::outcome::Level;
use crate::text::digest::hash;

/// Their keys, and the names of which RapidPro makes these keys.
const GLOBALS: [(&str, &str); 2] = [("rocketchat_url", "Rocketchat Url"), ("rocketchat_secret", "Rocketchat Secret")];

/// After so long setting them is tried again, in milliseconds: nothing but flows needs them.
const RETRY_MS: u64 = 60 * 60_000;

/// How long RapidPro may take, in milliseconds.
const TIMEOUT_MS: u64 = 8_000;

impl Reading<'_> {
    /// Sets the globals, unless they have been set so.
    pub(crate) async fn set_globals(&mut self) {
        let now = self.host.now();
        let (address, secret) =
            (public_url::app_url(self.host).await, doorbell::secret(self.host, &self.workspace).await);
        let (Ok(address), Ok(secret)) = (address, secret) else { return };
        let wanted = hash(&[&address, &secret]);
        if self.state.globals == wanted || now < self.state.globals_next {
            return;
        }
        for ((key, name), value) in GLOBALS.into_iter().zip([address, secret]) {
            if let Err(words) = self.set_global(key, name, &value).await {
                let workspace = &self.line.name;
                self.host.log(
                    Level::Warn,
                    format!("flows of the workspace `{workspace}` cannot call: its global `{key}` is not set: {words}"),
                );
                self.state.globals_next = now.saturating_add(RETRY_MS);
                return;
            }
        }
        self.state.globals = wanted;
    }

    /// Changes a global, or makes it where there is none.
    async fn set_global(&self, key: &str, name: &str, value: &str) -> Result<(), String> {
        match self.post_global(&format!("globals.json?key={key}"), json!({ "value": value })).await? {
            404 => match self.post_global("globals.json", json!({ "name": name, "value": value })).await? {
                200..300 => Ok(()),
                status => Err(format!("HTTP {status}")),
            },
            200..300 => Ok(()),
            status => Err(format!("HTTP {status}")),
        }
    }

    async fn post_global(&self, to: &str, body: Value) -> Result<u16, String> {
        let of = (self.workspace.as_str(), &self.line);
        let url = api::count_request(self.host, of, Scope::Other, to)
            .map_err(|_| "too many requests in the last hour".to_owned())?;
        let answer = self.host.post_api(url, self.line.api_token(), body, TIMEOUT_MS).await;
        let answer = answer.map_err(|failure| failure.to_string())?;
        api::heed_answer(self.host, of, Scope::Other, &answer);
        Ok(answer.status)
    }
}
