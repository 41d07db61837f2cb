//! RapidPro's requests: which endpoint, which verb, whose, and what for.

use crate::admin::status;
use crate::inbound::{close_room, connect, open_room, visitor_message};
use crate::outbound::file_link;
use crate::reading::doorbell;
use crate::reading::doorbell::Bell;
use crate::request::caller::authenticate;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::host::Host;
use crate::runtime::operation::{Boxed, End};
use crate::wire::http::{Request, Response};

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

pub(crate) async fn dispatch(host: &Host, request: &Request) -> Result<End, Refusal> {
    if request.is_for_file() {
        // Whoever has a good link needs nothing else.
        return file_link::serve(host, &request.query).await;
    }
    let endpoint = Endpoint::of(request)?;
    if let Endpoint::Doorbell(bell) = endpoint {
        let rung: Boxed<'_, Result<End, Refusal>> = Box::pin(async {
            let ringer = doorbell::authenticate(host, request).await?;
            doorbell::ring(host, ringer, bell, &Fields::of_body(&request.json()?)?).await
        });
        return rung.await;
    }
    let caller = authenticate(host, request.headers.authorization.as_deref()).await?;
    #[cfg(feature = "trap")]
    spring_trap(request);
    let logic: Boxed<'_, Result<End, Refusal>> = match endpoint {
        Endpoint::SecretCheck | Endpoint::Doorbell(_) => return Ok(End::answer(Response::of(200))),
        Endpoint::ReadSettings => Box::pin(connect::read(host, &caller)),
        Endpoint::Status => Box::pin(status::answer(host, &caller, &request.query)),
        Endpoint::WriteSettings => {
            Box::pin(async { connect::write(host, caller, &Fields::of_body(&request.json()?)?).await })
        }
        Endpoint::Room => {
            Box::pin(async { open_room::open_room(host, &caller, &Fields::of_body(&request.json()?)?).await })
        }
        Endpoint::RoomClose => {
            Box::pin(async { close_room::close(host, &caller, &Fields::of_body(&request.json()?)?).await })
        }
        Endpoint::VisitorMessage => {
            Box::pin(async { visitor_message::deliver(host, &caller, &Fields::of_body(&request.json()?)?).await })
        }
    };
    logic.await
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
    Doorbell(Bell),
}

impl Endpoint {
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        match (request.endpoint.as_str(), request.method.as_str()) {
            ("secret.check", "get") => Ok(Self::SecretCheck),
            ("settings", "get") => Ok(Self::ReadSettings),
            ("settings", "put") => Ok(Self::WriteSettings),
            ("room", "get" | "post") => Ok(Self::Room),
            ("room.close", "get" | "post") => Ok(Self::RoomClose),
            ("visitor-message", "post") => Ok(Self::VisitorMessage),
            ("status", "get") => Ok(Self::Status),
            ("flow.open", "post") => Ok(Self::Doorbell(Bell::Open)),
            ("flow.message", "post") => Ok(Self::Doorbell(Bell::Message)),
            ("flow.closed", "post") => Ok(Self::Doorbell(Bell::Closed)),
            (endpoint, method) => {
                Err(Refusal::Verb(format!("`{endpoint}` does not offer {}", method.to_ascii_uppercase())))
            }
        }
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
    use crate::request::fields::Fields;
    use crate::request::refusal::Refusal;
    use crate::wire::http::{Headers, Query, Request};

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
        let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        check(announced(), &nested(127), Ok(()));
        for depth in [128, 100_000] {
            check(announced(), &nested(depth), Err("nested too deeply"));
        }
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
