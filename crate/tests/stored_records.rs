//! What version 1.0.0 has stored must stay readable, and mean the same: nodes of two versions share a store.
//!
//! `stored/1.0.0.json` is what the package of 1.0.0 stored when people used it in the sandbox: records of every kind with
//! their associations, and a job of every kind as the scheduler keeps it. It is never changed.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may stop where something is not as it should be"
)]

use std::collections::BTreeSet;

use rapidpro_tickets_core::ids::{Contact, ContactToken, RoomId};
use rapidpro_tickets_core::runtime::job::{DeliveryMode, Job};
use rapidpro_tickets_core::runtime::json;
use rapidpro_tickets_core::store::due::DueItems;
use rapidpro_tickets_core::store::inbox::InboxEntry;
use rapidpro_tickets_core::store::outbox_record::OutboxRecord;
use rapidpro_tickets_core::store::snapshot::RoomSnapshot;
use rapidpro_tickets_core::store::ticket::Fact;
use rapidpro_tickets_core::store::{due, inbox, keys, outbox, outbox_record, ticket};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const STORED: &str = include_str!("stored/1.0.0.json");

/// The contact of workspace `main` whose messages wait for Rocket.Chat.
const ANN: [&str; 2] = ["c18209efd38a632639b42156dcd8b2cd", "10000"];
/// A room with a dead letter and two messages that wait, closed in Rocket.Chat while RapidPro was down.
const BEN: &str = "5msAQyLrdYZ84KT54";
/// A room that was closed with a comment, after a file that RapidPro could not fetch.
const EVE: &str = "pNNtdXikS6qXM5otM";
/// A room of the workspace `North` that was closed and is finished.
const NOOR: &str = "qkbM3Wc2RSRmHMLLG";

/// The one place that names the traits by which records are read and written.
fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    json::read(value)
}

fn write<T: Serialize>(value: T) -> Value {
    json::to_value(value)
}

struct Record {
    associations: Vec<String>,
    data: Value,
}

fn records() -> Vec<Record> {
    let stored: Value = serde_json::from_str(STORED).unwrap();
    let texts = |list: &Value| list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let record = |record: &Value| Record { associations: texts(&record["associations"]), data: record["data"].clone() };
    stored["records"].as_array().unwrap().iter().map(record).collect()
}

fn jobs() -> Vec<Value> {
    let stored: Value = serde_json::from_str(STORED).unwrap();
    stored["jobs"].as_array().unwrap().iter().map(|job| job["data"]["job"].clone()).collect()
}

/// What a read by an association gets.
fn with(association: &str) -> Vec<Value> {
    let carries = |record: &Record| record.associations.iter().any(|other| other == association);
    records().into_iter().filter(carries).map(|record| record.data).collect()
}

fn snapshot(room: &str) -> RoomSnapshot {
    RoomSnapshot::of(&with(&format!("room/{room}"))).unwrap()
}

/// A variant's name.
fn variant(value: &Value) -> String {
    match value.as_object().and_then(|fields| fields.keys().next()) {
        Some(name) => name.clone(),
        None => value.as_str().unwrap().to_owned(),
    }
}

/// Reads and writes all that have this field; gives the variants of it that there are.
fn variants<T: DeserializeOwned + Serialize>(field: &str) -> BTreeSet<String> {
    let having = records().into_iter().filter(|record| record.data.get(field).is_some());
    let mut variants = BTreeSet::new();
    for Record { data, .. } in having {
        let known: T = read(&data).unwrap_or_else(|| panic!("not readable any more: {data}"));
        assert_eq!(write(known), data);
        variants.insert(variant(&data[field]));
        if let Some(by) = data[field]["closed"]["by"].as_str() {
            variants.insert(by.to_owned());
        }
    }
    variants
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn facts_of_every_kind_are_read_and_written_as_they_are() {
    let kinds = ["bound", "closed", "finished", "left", "race", "rapidPro", "rocketChat", "told"];
    assert_eq!(variants::<Fact>("fact"), set(&kinds));
}

#[test]
fn lines_of_every_kind_are_read_and_written_as_they_are() {
    let kinds = ["announced", "claimed", "failed", "retried", "settled", "written"];
    assert_eq!(variants::<OutboxRecord>("line"), set(&kinds));
}

#[test]
fn letters_with_every_content_are_read_and_written_as_they_are() {
    let mut contents = BTreeSet::new();
    for Record { data, .. } in records().into_iter().filter(|record| record.data.get("contact_of").is_some()) {
        let letter: InboxEntry = read(&data).unwrap_or_else(|| panic!("not readable any more: {data}"));
        assert_eq!(write(letter), data);
        let fields = data.as_object().unwrap();
        contents.extend(fields.keys().filter(|name| ["copy", "tried_at"].contains(&name.as_str())).cloned());
        contents.extend((data["attachments"] != json!([])).then(|| "attachments".to_owned()));
        contents.extend((data["text"] != "").then(|| "text".to_owned()));
    }
    assert_eq!(contents, set(&["attachments", "copy", "text", "tried_at"]));
}

#[test]
fn jobs_of_every_kind_are_read_and_written_as_they_are() {
    let [token, workspace] = [ANN[1], ANN[0]].map(str::to_owned);
    let known = [
        Job::CheckSettings,
        Job::Reconcile { bucket: None },
        Job::Sweep { recovered: false },
        Job::Sweep { recovered: true },
        Job::Post { contact: Contact { workspace, token: ContactToken(token) } },
        Job::Deliver { room: RoomId(BEN.into()), mode: DeliveryMode::Due },
        Job::Deliver { room: RoomId("Bb5TP4We9nkGgGRAT".into()), mode: DeliveryMode::Reconcile },
        Job::ShowHistory {
            room: RoomId("z5ENkiQ4JnF6GLEx3".into()),
            workspace: "d7e734c4906bb144689d820e09a750a8".into(),
        },
    ];
    let stored = jobs();
    let jobs: Vec<Job> = stored.iter().map(|job| read(job).unwrap()).collect();
    assert_eq!(jobs, known);
    assert_eq!(jobs.into_iter().map(write).collect::<Vec<Value>>(), stored);
}

#[test]
fn a_room_that_was_closed_while_rapidpro_was_down_still_owes_all_of_it() {
    let RoomSnapshot { ticket, outbox } = snapshot(BEN);
    assert_eq!(ticket.contact.token.as_str(), "10001");
    assert_eq!(ticket.visitor.name.as_deref(), Some("Ben"));
    assert!(!ticket.is_open() && !ticket.is_ended() && !ticket.is_finished());
    let owed: Vec<&str> = ticket.pending_closes().into_iter().map(|binding| binding.ticket.as_str()).collect();
    assert_eq!(owed, [ticket.latest_binding().unwrap().ticket.as_str()]);
    let past = ticket.first_binding().unwrap().past.as_ref().unwrap();
    assert_eq!((past.contact.len(), past.since), (36, None));

    let waiting: Vec<&str> = outbox.pending.iter().map(|entry| entry.message.text.as_str()).collect();
    assert_eq!(waiting, ["A map", "Second"]);
    let [map, second] = outbox.pending.as_slice() else { panic!() };
    assert_eq!((map.message.author.as_str(), map.message.files[0].name.as_str()), ("Agnes Agent", "map.png"));
    assert_eq!((map.message.files[0].mime.as_str(), map.message.files[0].size), ("image/png", 8));
    assert!(map.progress.failures > 0 && map.progress.outage && map.progress.announced && map.progress.next > 0);
    assert_eq!((second.progress.failures, second.progress.announced), (0, false));
    let taken_over = map.progress.leases("7c088f5749823d9f", map.enqueued_at);
    assert_eq!(taken_over, (Some(1_795_827_203_504), None));
    assert_eq!(second.progress.leases("another", second.enqueued_at).0, None);
    assert!(second.progress.leases("another", second.enqueued_at).1.is_some());

    let [dead] = outbox.dead_letters.as_slice() else { panic!() };
    assert_eq!(dead.message.text, "Rude words");
    let (at, reason) = dead.progress.given_up().unwrap();
    assert_eq!(at, 1_795_827_156_384);
    assert!(reason.words.contains("message too rude") && reason.reason.is_none());
}

#[test]
fn a_room_that_was_closed_with_a_comment_is_owed_it() {
    let RoomSnapshot { ticket, outbox } = snapshot(EVE);
    assert_eq!(ticket.comment.as_deref(), Some("The pump was mended"));
    assert_eq!(ticket.pending_closes().len(), 1);
    assert!(outbox.pending.is_empty() && outbox.knows("L8gXBTRPX8ADAhZsW"));
    assert!(outbox.close.is_under_way() && outbox.close.outage && outbox.close.failures > 1);
}

#[test]
fn a_file_that_could_not_be_fetched_stays_a_link() {
    let mut records = with(&format!("room/{EVE}"));
    records.retain(|record| record["line"].get("settled").is_none());
    assert!(RoomSnapshot::of(&records).unwrap().outbox.pending[0].progress.unfetched);
}

#[test]
fn a_room_that_is_finished_owes_nothing() {
    let RoomSnapshot { ticket, outbox } = snapshot(NOOR);
    assert!(ticket.is_finished() && ticket.pending_closes().is_empty());
    assert!(outbox.pending.is_empty() && outbox.knows("e4bJsp7QcWrZ4TKhd"));
}

#[test]
fn of_two_rooms_that_were_opened_at_once_one_gave_way() {
    let lost = records().into_iter().find(|record| record.data["fact"]["closed"]["by"] == "race").unwrap();
    let lost: Fact = read(&lost.data).unwrap();
    let lost = write(lost)["room"].as_str().unwrap().to_owned();
    let RoomSnapshot { ticket, .. } = snapshot(&lost);
    assert!(ticket.gave_way() && ticket.is_ended() && ticket.pending_closes().is_empty());
}

#[test]
fn rapidpros_close_needs_no_webhook() {
    let ended = records().into_iter().find(|record| record.data["fact"]["closed"]["by"] == "rapidPro").unwrap();
    let RoomSnapshot { ticket, .. } = snapshot(ended.data["room"].as_str().unwrap());
    assert!(ticket.is_ended() && !ticket.is_to_be_left() && ticket.pending_closes().is_empty());
}

#[test]
fn a_history_that_was_given_up_and_one_that_is_to_be_shown_again() {
    let of_histories = || records().into_iter().filter(|record| record.data["entry"] == outbox_record::HISTORY);
    let given_up = of_histories().find(|record| record.data["line"]["settled"].get("given_up").is_some()).unwrap();
    let RoomSnapshot { outbox, .. } = snapshot(given_up.data["room"].as_str().unwrap());
    assert!(outbox.history.failures > 0 || outbox.history.given_up().is_some() || outbox.history.is_settled());
    let again = of_histories().find(|record| record.data["line"] == "retried").unwrap();
    let mut until_then = with(&format!("room/{}", again.data["room"].as_str().unwrap()));
    until_then.retain(|record| {
        record["entry"] != outbox_record::HISTORY || record["at"].as_u64() <= again.data["at"].as_u64()
    });
    let history = RoomSnapshot::of(&until_then).unwrap().outbox.history;
    assert!(history.is_under_way() && history.retried_at > 0);
}

#[test]
fn letters_wait_in_their_order_and_know_that_they_were_tried() {
    let contact = Contact { workspace: ANN[0].into(), token: ContactToken(ANN[1].into()) };
    let records = with(&keys::contact_association(&contact));
    let entries = inbox::entries(&records);
    let texts: Vec<String> = entries.iter().map(|letter| write(letter.clone())["text"].to_string()).collect();
    assert_eq!(texts, ["\"Are you there?\"", "\"It rains\"", "\"see\""]);
    let page = records_of_page_with("contact_of");
    assert!(inbox::contacts_on(&page).contains(&contact));

    // One of another run that Rocket.Chat was asked to take, which a record of its own says.
    let (trying, letter) = tried();
    assert_eq!(letter.get("tried_at"), None);
    let tried = inbox::entries(&[trying.clone(), letter]).remove(0);
    assert_eq!(write(tried)["tried_at"], trying["tried_at"]);
}

/// A record that says that a letter was tried, and the letter.
fn tried() -> (Value, Value) {
    let all = records();
    let of_letter = |trying: &Record| {
        let letter =
            all.iter().find(|other| other.data["id"] == trying.data["letter"] && other.data.get("tried_at").is_none());
        letter.map(|letter| (trying.data.clone(), letter.data.clone()))
    };
    all.iter().filter(|record| record.data.get("letter").is_some()).find_map(of_letter).unwrap()
}

/// All records of the page of what is due on which the first record is that has this field.
fn records_of_page_with(field: &str) -> Vec<Value> {
    let record = records().into_iter().find(|record| record.data.get(field).is_some()).unwrap();
    with(record.associations.iter().find(|association| association.starts_with("due/")).unwrap())
}

#[test]
fn dead_letters_are_found_by_what_they_have_in_common_until_they_are_tried_again() {
    let found = outbox::rooms_with_dead_letters(&with(keys::DEAD_LETTERS));
    assert!(found.contains(&RoomId(BEN.into())));
    let retried: Vec<Value> = with(keys::DEAD_LETTERS).into_iter().filter(|line| line["line"] == "retried").collect();
    assert!(!retried.is_empty());
    assert!(outbox::rooms_with_dead_letters(&retried).is_empty());
}

#[test]
fn reminders_and_lines_tell_the_sweep_whom_to_look_after() {
    let room = records().into_iter().find(|record| record.data == json!({ "room": BEN, "v": 1 })).unwrap();
    assert_eq!(DueItems::on(&[room.data]).rooms, [RoomId(BEN.into())]);
    let contact = json!({ "token": ANN[1], "workspace": ANN[0] });
    let reminder = records().into_iter().find(|record| record.data["contact"] == contact).unwrap();
    assert_eq!(DueItems::on(&[reminder.data]).contacts.len(), 1);

    let page = |room: &str| {
        let lines =
            records().into_iter().filter(|record| record.data["room"] == room && record.data.get("line").is_some());
        DueItems::on(
            &lines.map(|line| line.data).filter(|line| line["entry"] != outbox_record::CLOSE).collect::<Vec<_>>(),
        )
        .rooms
    };
    assert_eq!(page(BEN), [RoomId(BEN.into())]);
    assert!(page(NOOR).is_empty(), "all that is on the page is over");
    assert!(due::rooms_on(&with("opened/498840")).contains(&RoomId(BEN.into())));
    assert!(ticket::of_contact(&with("ended/20785")).is_empty());
    assert!(due::rooms_on(&with("ended/20785")).contains(&RoomId(NOOR.into())));
}
