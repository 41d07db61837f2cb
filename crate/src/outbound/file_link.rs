//! Links by which RapidPro fetches agents' files from this app.
//!
//! Rocket.Chat protects its files: whoever fetches one must be a member of the room. So the app serves
//! them itself, under links that nobody can guess and that expire. The link ends in the file's name,
//! because RapidPro takes the ending of its own copy from there.

use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::config::{public_url, server_key};
use crate::ids::RoomId;
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::operation::End;
use crate::store::outbox_record::File;
use crate::text::digest::keyed_hash;
use crate::text::url::encoded;
use crate::text::{file_name, media_type};
use crate::wire::http::{Query, Response};
use crate::wire::rapidpro::FILE_SIZE_MAX;

const SIGNATURE: &str = "signature=";

/// How long RapidPro may take to fetch a file, in milliseconds.
pub const FETCH_MS: u64 = 60 * 60_000;

/// How long the contact may take, where RapidPro could not and the link is in the text, in milliseconds.
pub const READ_MS: u64 = 7 * 24 * 60 * 60_000;

/// A link to a file of a room, good for `life_ms` from now. Whoever writes a message says which files it has, so
/// the link is good for a file of that room only.
///
/// # Errors
/// Whatever keeps Rocket.Chat from telling the address or the key.
pub async fn make(host: &Host, room: &RoomId, file: &File, life_ms: u64) -> Result<String, Failure> {
    make_until(host, room, file, host.now().saturating_add(life_ms)).await
}

/// The same, good until then.
///
/// # Errors
/// Whatever keeps Rocket.Chat from telling the address or the key.
pub async fn make_until(host: &Host, room: &RoomId, file: &File, expires: u64) -> Result<String, Failure> {
    let expires = expires.to_string();
    let signature = sign(host, room.as_str(), &file.id, &expires).await?;
    let (base, app) = (public_url::public_address(host).await?, &host.process().app_id);
    let (room, id, name) = (encoded(room.as_str()), encoded(&file.id), name_with_ending(file));
    Ok(format!(
        "{base}/api/apps/public/{app}/file?room={room}&id={id}&expires={expires}&{SIGNATURE}{signature}&f=/{name}"
    ))
}

/// The endpoint `file`: answers a file's bytes to whoever has a good link.
///
/// # Errors
/// 404 where the link is none of this app's, or has expired, or the file is gone.
pub async fn serve(host: &Host, query: &Query) -> Result<End, Refusal> {
    let refusal = || Refusal::NotFound("the link is not one of this app's, or has expired".to_owned());
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned).ok_or_else(refusal);
    let (room, id, expires) = (text(&query.room)?, text(&query.id)?, text(&query.expires)?);
    let signature = text(&query.signature)?;
    let good: bool = sign(host, &room, &id, &expires).await?.as_bytes().ct_eq(signature.as_bytes()).into();
    if !good || !expires.parse::<u64>().is_ok_and(|expires| expires >= host.now()) {
        return Err(refusal());
    }
    let upload = host.find_upload(id.clone()).await?.ok_or_else(|| {
        Refusal::NotFound("the file is not in Rocket.Chat any more, or the app lacks the permission upload.read".into())
    })?;
    if upload.room.is_some_and(|stored_in| stored_in.as_str() != room) {
        return Err(refusal());
    }
    if upload.size.unwrap_or_default() > FILE_SIZE_MAX {
        return Err(Refusal::NotFound("the file is larger than RapidPro takes".to_owned()));
    }
    let media_type = upload.kind.as_deref().and_then(media_type::essence);
    Ok(End::answer(Response { upload: Some(id), media_type, ..Response::of(200) }))
}

/// A text in which no link opens a file any more: for the log.
pub fn without_signatures(text: &str) -> String {
    let mut parts = text.split(SIGNATURE);
    let mut harmless = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        harmless.push_str(SIGNATURE);
        harmless.push_str(part.trim_start_matches(|char: char| char.is_ascii_hexdigit()));
    }
    harmless
}

pub(crate) async fn sign(host: &Host, room: &str, id: &str, expires: &str) -> Result<String, Failure> {
    Ok(keyed_hash(&server_key::key(host).await?, &["file", room, id, expires]))
}

/// The file's name with an ending that is plain entries and digits.
pub(crate) fn name_with_ending(file: &File) -> String {
    let name = file_name::safe(&file.name).unwrap_or_else(|| "file".to_owned());
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if is_ending(ending) => (stem, ending),
        _ => (name.as_str(), media_type::ending(&file.mime).unwrap_or("bin")),
    };
    format!("{}.{ending}", encoded(stem))
}

fn is_ending(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::outbox_record::File;

    #[track_caller]
    fn check(name: &str, mime: &str, expected: &str) {
        let file = File { id: "f".into(), name: name.into(), mime: mime.into(), size: 1 };
        assert_eq!(name_with_ending(&file), expected);
    }

    #[test]
    fn links_in_the_log_open_nothing() {
        let link = |signature: &str| format!("fetching '/file?room=r&signature={signature}&f=/a.png': 404");
        let two = format!("{}, {}", link("0a9f"), link("b7"));
        assert_eq!(without_signatures(&two), format!("{}, {}", link(""), link("")));
        assert_eq!(without_signatures("no such ticket"), "no such ticket");
    }

    #[test]
    fn names_end_in_a_plain_ending() {
        check("photo.jpg", "image/jpeg", "photo.jpg");
        check("a b#1?.png", "image/png", "a%20b%231_.png");
        check("it's \"x\".tar.gz", "application/gzip", "it%27s%20_x_%2Etar.gz");
        check("noending", "application/pdf", "noending.pdf");
        check("noending", "", "noending.bin");
        check("odd.e&f", "image/svg+xml", "odd%2Ee%26f.svg");
        check("voice", "audio/ogg; codecs=opus", "voice.ogg");
        check("film", "video/webm;codecs=vp8,opus", "film.webm");
        check("note", "TEXT/PLAIN", "note.txt");
        check("x", "x-unheard/of", "x.bin");
        check("../../etc/passwd.png", "image/png", "passwd.png");
        check("...", "image/png", "file.png");
        check("a\u{202e}gnp.exe", "", "agnp.exe");
        check("né.ogg", "audio/ogg", "n%C3%A9.ogg");
    }
}
