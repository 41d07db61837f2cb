//! Requests and answers, as they pass through the server's router.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

/// A file that was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fetched {
    /// What its host calls it: the header `Content-Type`.
    pub content_type: Option<String>,
    /// In bytes.
    pub length: u64,
    /// Its first bytes, each as the character of that number.
    pub head: String,
}

/// A request as the server's router hands it over.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Request {
    /// The endpoint's path, such as `room.close`.
    pub endpoint: String,
    /// The verb, in lower case.
    pub method: String,
    /// The headers that matter here.
    pub headers: Headers,
    /// The query of the endpoints `file` and `status`.
    #[serde(default)]
    pub query: Query,
    /// The body as JSON text; nothing where the server handed over what JSON has no text for.
    pub body: Option<String>,
}

/// The query of the endpoints `file` and `status`; anything but a text is none.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub struct Query {
    /// The room in which the file was sent.
    pub room: Option<Value>,
    /// The file's id.
    pub id: Option<Value>,
    /// When the link expires.
    pub expires: Option<Value>,
    /// That the link was made here.
    pub signature: Option<Value>,
    /// In which form the endpoint `status` answers.
    pub format: Option<Value>,
}

/// The headers that matter here, by the lower-case names that Node gives them.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Headers {
    /// `Token <secret>`.
    pub authorization: Option<String>,
    /// The body's media type.
    pub content_type: Option<String>,
    /// The body's length in bytes.
    pub content_length: Option<String>,
    /// Present where the body's length is not known beforehand.
    pub transfer_encoding: Option<String>,
    /// `simulation` where somebody only tries a flow out.
    pub x_mailroom_mode: Option<String>,
    /// Read by the trap test's build only.
    #[cfg(feature = "trap")]
    pub x_test_trap: Option<String>,
}

/// The answer to a request.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, if there is one: JSON, or a text where the media type says so.
    pub content: Option<Value>,
    /// The id of the stored file whose bytes are the body, if it is one.
    pub upload: Option<String>,
    /// The body's MIME type, where it is not JSON.
    pub media_type: Option<String>,
}

impl Response {
    /// An answer without a body.
    pub fn of(status: u16) -> Self {
        Self { status, content: None, upload: None, media_type: None }
    }

    /// An answer whose JSON body has one field.
    pub fn field(status: u16, name: &str, value: Value) -> Self {
        Self { content: Some(serde_json::json!({ name: value })), ..Self::of(status) }
    }
}

impl Headers {
    pub(crate) fn announce_body(&self) -> bool {
        let some_bytes = self.content_length.as_deref().is_some_and(|length| length.trim() != "0");
        some_bytes || self.transfer_encoding.is_some()
    }

    pub(crate) fn announce_json(&self) -> bool {
        let media_type = self.content_type.as_deref().and_then(|header| header.split(';').next());
        media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
    }
}
