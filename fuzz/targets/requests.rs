//! One request of any shape: verb, path, headers, query and body are the fuzzer's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapidpro_tickets_fuzz::chance::Chance;
use rapidpro_tickets_fuzz::drive::Process;
use rapidpro_tickets_fuzz::json::odd;
use rapidpro_tickets_fuzz::server::SECRET;
use serde_json::{Value, json};

const ENDPOINTS: &[&str] = &["room", "room.close", "visitor-message", "settings", "secret.check", "file", "status", ""];
const METHODS: &[&str] = &["post", "get", "put", "delete", "head", "options", "Get", ""];

fuzz_target!(|bytes: &[u8]| {
    let mut chance = Chance::new(bytes);
    let (endpoint, method) = (chance.pick(ENDPOINTS), chance.pick(METHODS));
    let headers = json!({
        "authorization": authorization(&mut chance),
        "content-type": header(&mut chance, "application/json"),
        "content-length": header(&mut chance, "9"),
        "transfer-encoding": if chance.seldom(32) { json!("chunked") } else { Value::Null },
    });
    let query = if endpoint == "file" { query(&mut chance) } else { json!({}) };
    // What is no JSON the server refuses.
    let body = chance.rest();
    let request = json!({ "endpoint": endpoint, "method": method, "headers": headers, "query": query, "body": body });
    let is_good = request["headers"]["authorization"].as_str().is_some_and(|header| header.contains(SECRET));
    let end = Process::new(bytes).run(json!({ "request": { "request": request } }), &mut Chance::new(&[]));
    let response = end.and_then(|end| end.response);
    assert!(is_good || response.is_none_or(|response| response.status >= 400), "only the secret opens: {request}");
});

fn authorization(chance: &mut Chance<'_>) -> Value {
    match chance.below(6) {
        0 | 1 => json!(format!("Token {SECRET}")),
        2 => json!(format!("Token {}", &SECRET[..SECRET.len() - 1])),
        3 => json!(format!("Token {}", chance.text())),
        4 => json!(chance.text()),
        _ => odd(chance, 0),
    }
}

fn header(chance: &mut Chance<'_>, usual: &str) -> Value {
    if chance.seldom(64) { json!(chance.text()) } else { json!(usual) }
}

/// Nobody can guess a signature: none of these is good.
fn query(chance: &mut Chance<'_>) -> Value {
    json!({ "id": odd(chance, 0), "expires": odd(chance, 0), "signature": odd(chance, 0), "f": odd(chance, 0) })
}
