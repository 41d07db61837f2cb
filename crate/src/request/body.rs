//! A request's body, as JSON.

use serde_json::Value;

use crate::request::refusal::Refusal;
use crate::text::json_text;
use crate::text::sanitize::storable;
use crate::wire::http::Request;

impl Request {
    /// The body as JSON. serde_json refuses what is nested more than 127 deep: so much recursion the core's stack bears.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        if !self.headers.announce_body() {
            return Err(Refusal::Malformed(self.missing_body()));
        }
        if !self.headers.announce_json() {
            return Err(Refusal::MediaType);
        }
        let unreadable = || Refusal::Malformed("the body is no JSON, or is nested too deeply".to_owned());
        self.body.as_deref().and_then(json_text::parse).map(storable).ok_or_else(unreadable)
    }

    fn missing_body(&self) -> String {
        match self.method.as_str() {
            "get" => "the body is missing: a proxy on the way may have dropped it from the GET; POST works as well",
            _ => "the body is missing",
        }
        .to_owned()
    }
}
