//! A history of requests, events and jobs in one process, with every outcome that an effect can have.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapidpro_tickets_fuzz::chance::Chance;
use rapidpro_tickets_fuzz::drive::Process;
use rapidpro_tickets_fuzz::json::spoiled;
use rapidpro_tickets_fuzz::server::{SECRET, TEXT};
use serde_json::{Value, json};

/// How many triggers a history has at most.
const TRIGGERS_MAX: usize = 12;
const TICKETS: [&str; 2] = ["59d74b86-3e2f-4a93-aece-b05d2fdcde0c", "3f3ae1ef-2b4c-4a5a-8a3b-0d9f2b7a1c11"];

fuzz_target!(|bytes: &[u8]| {
    let mut chance = Chance::new(bytes);
    let mut process = Process::new(bytes);
    for _ in 0..TRIGGERS_MAX {
        if chance.is_over() {
            break;
        }
        let trigger = trigger(&mut process, &mut chance);
        let end = process.run(trigger, &mut chance);
        for job in end.into_iter().flat_map(|end| end.follow_ups) {
            process.run(json!({ "job": { "job": serde_json::json!(job) } }), &mut chance);
        }
        process.pass_time(&mut chance);
    }
});

fn trigger(process: &mut Process, chance: &mut Chance<'_>) -> Value {
    let trigger = match chance.below(16) {
        0 => request("put", "settings", json!({ "webhook": { "url": "https://rapidpro.example.org/hook" } }), chance),
        1..4 => request("post", "room", room(chance), chance),
        4 | 5 => request("post", "visitor-message", visitor_message(chance), chance),
        6 => request("get", "room.close", json!({ "visitor": { "token": "10000" } }), chance),
        7..11 => json!({ "messageSent": { "message": process.server.message(chance) } }),
        11 => json!({ "roomClosed": { "room": process.server.close(chance) } }),
        12 => json!(chance.pick(&["settingUpdated", "installed", "enabled"])),
        13 => json!({ "job": { "job": { "sweep": { "recovered": chance.seldom(64) } } } }),
        14 => json!({ "job": { "job": { "compare": { "page": null } } } }),
        _ => match process.server.jobs.pop() {
            Some(job) => json!({ "job": { "job": job } }),
            None => json!({ "job": { "job": { "post": { "contact": { "workspace": "w", "token": "10000" } } } } }),
        },
    };
    if chance.seldom(32) { spoiled(trigger, chance) } else { trigger }
}

fn request(method: &str, endpoint: &str, body: Value, chance: &mut Chance<'_>) -> Value {
    let body = if chance.seldom(64) { spoiled(body, chance) } else { body };
    let headers = json!({
        "authorization": format!("Token {SECRET}"), "content-type": "application/json", "content-length": "9",
    });
    let request = json!({ "endpoint": endpoint, "method": method, "headers": headers, "body": body.to_string() });
    json!({ "request": { "request": request } })
}

fn room(chance: &mut Chance<'_>) -> Value {
    let details = json!({
        "token": "10000", "name": chance.text(), "email": "ann@example.org", "phone": "+250788123123",
        "contactUUID": TICKETS[0], "department": "Nurses", "customFields": { chance.text(): chance.text() },
    });
    let visitor = if chance.seldom(96) { details } else { json!({ "token": chance.pick(&["10000", "10001"]) }) };
    json!({ "ticketID": chance.pick(&TICKETS), "visitor": visitor, "priority": 1 })
}

fn visitor_message(chance: &mut Chance<'_>) -> Value {
    let media = json!([
        { "type": "image/png", "url": "https://rapidpro.example.org/a.png" },
        { "type": chance.text(), "url": chance.text() },
        { "type": "geo", "url": "-1.95,30.06" },
    ]);
    let attachments = if chance.seldom(64) { media } else { json!([]) };
    json!({ "visitor": { "token": "10000" }, "text": format!("{TEXT} {}", chance.text()), "attachments": attachments })
}
