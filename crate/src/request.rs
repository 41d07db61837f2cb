//! RapidPro's requests: which endpoint, which verb, whose, and what for.

use serde_json::Value;

use crate::connection::authenticate;
use crate::fields::Fields;
use crate::host::Host;
use crate::operation::End;
use crate::refusal::Refusal;
use crate::{close, file_link, open, settings, status, visitor_message};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

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

impl Request {
    /// Whether it follows a link to an agent's file.
    fn is_for_file(&self) -> bool {
        self.endpoint == "file" && self.method == "get"
    }
}

/// Answers a request.
pub async fn answer(host: &Host, request: &Request) -> End {
    match dispatch(host, request).await {
        Ok(end) => end,
        Err(refusal) => refusal.end(host),
    }
}

async fn dispatch(host: &Host, request: &Request) -> Result<End, Refusal> {
    if request.is_for_file() {
        // Whoever has a good link needs nothing else.
        return file_link::serve(host, &request.query).await;
    }
    let endpoint = Endpoint::of(request)?;
    let caller = authenticate(host, request.headers.authorization.as_deref()).await?;
    #[cfg(feature = "trap")]
    spring_trap(request);
    match endpoint {
        Endpoint::SecretCheck => Ok(End::answer(Response::of(200))),
        Endpoint::ReadSettings => settings::read(host, &caller).await,
        Endpoint::WriteSettings => settings::write(host, caller, &Fields::of_body(&request.json()?)?).await,
        Endpoint::Room => open::open(host, &caller, &Fields::of_body(&request.json()?)?).await,
        Endpoint::RoomClose => close::close(host, &caller, &Fields::of_body(&request.json()?)?).await,
        Endpoint::VisitorMessage => visitor_message::deliver(host, &caller, &Fields::of_body(&request.json()?)?).await,
        Endpoint::Status => status::answer(host, &caller, &request.query).await,
    }
}

/// An operation that RapidPro can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    SecretCheck,
    ReadSettings,
    WriteSettings,
    Room,
    RoomClose,
    VisitorMessage,
    Status,
}

impl Endpoint {
    fn of(request: &Request) -> Result<Self, Refusal> {
        match (request.endpoint.as_str(), request.method.as_str()) {
            ("secret.check", "get") => Ok(Self::SecretCheck),
            ("settings", "get") => Ok(Self::ReadSettings),
            ("settings", "put") => Ok(Self::WriteSettings),
            ("room", "get" | "post") => Ok(Self::Room),
            ("room.close", "get" | "post") => Ok(Self::RoomClose),
            ("visitor-message", "post") => Ok(Self::VisitorMessage),
            ("status", "get") => Ok(Self::Status),
            (endpoint, method) => {
                Err(Refusal::Verb(format!("`{endpoint}` does not offer {}", method.to_ascii_uppercase())))
            }
        }
    }
}

impl Request {
    /// The body as JSON. serde_json refuses what is nested more than 127 deep: so much recursion the core's stack bears.
    fn json(&self) -> Result<Value, Refusal> {
        if !self.headers.announce_body() {
            return Err(Refusal::Malformed(self.missing_body()));
        }
        if !self.headers.announce_json() {
            return Err(Refusal::MediaType);
        }
        let unreadable = || Refusal::Malformed("the body is no JSON, or is nested too deeply".to_owned());
        self.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).ok_or_else(unreadable)
    }

    fn missing_body(&self) -> String {
        match self.method.as_str() {
            "get" => "the body is missing: a proxy on the way may have dropped it from the GET; POST works as well",
            _ => "the body is missing",
        }
        .to_owned()
    }
}

impl Headers {
    fn announce_body(&self) -> bool {
        let some_bytes = self.content_length.as_deref().is_some_and(|length| length.trim() != "0");
        some_bytes || self.transfer_encoding.is_some()
    }

    fn announce_json(&self) -> bool {
        let media_type = self.content_type.as_deref().and_then(|header| header.split(';').next());
        media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
    }
}

#[cfg(feature = "trap")]
#[expect(clippy::panic, reason = "what this build is for")]
fn spring_trap(request: &Request) {
    assert!(request.headers.x_test_trap.is_none(), "trapped on purpose");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: Headers, body: &str, expected: Result<(), &str>) {
        let query = Query::default();
        let request =
            Request { endpoint: "room".into(), method: "get".into(), headers, query, body: Some(body.into()) };
        let json = request.json();
        match (json.as_ref().map_err(Clone::clone).and_then(Fields::of_body), expected) {
            (Ok(_), Ok(())) => {}
            (Err(Refusal::Malformed(words)), Err(part)) if words.contains(part) => {}
            (Err(Refusal::MediaType), Err("media type")) => {}
            (other, _) => panic!("{other:?}"),
        }
    }

    fn headers(content_type: &str, length: &str) -> Headers {
        Headers { content_type: Some(content_type.into()), content_length: Some(length.into()), ..Headers::default() }
    }

    #[test]
    fn bodies_that_are_read_and_refused() {
        let announced = || headers("application/json; charset=UTF-8", "2");
        check(announced(), "{}", Ok(()));
        check(announced(), "[]", Err("must be a JSON object"));
        check(announced(), "null", Err("must be a JSON object"));
        check(headers("APPLICATION/JSON", "2"), "{}", Ok(()));
        check(headers("application/vnd.api+json", "2"), "{}", Err("media type"));
        check(headers("text/plain", "2"), "{}", Err("media type"));
        check(headers("application/json", "0"), "{}", Err("POST works"));
        check(Headers::default(), "{}", Err("a proxy on the way"));
        check(Headers { transfer_encoding: Some("chunked".into()), ..headers("application/json", "0") }, "{}", Ok(()));
    }

    #[test]
    fn verbs_that_are_not_offered() {
        for (endpoint, method) in [("room", "delete"), ("visitor-message", "get"), ("settings", "head")] {
            let request = Request {
                endpoint: endpoint.into(),
                method: method.into(),
                headers: Headers::default(),
                query: Query::default(),
                body: None,
            };
            assert!(matches!(Endpoint::of(&request), Err(Refusal::Verb(_))), "{endpoint} {method}");
        }
    }
}
