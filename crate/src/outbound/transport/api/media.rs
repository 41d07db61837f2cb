//! The files of a message: what RapidPro takes goes as media, what it does not as a link in the text.

use serde_json::Value;

use crate::config::language;
use crate::ids::RoomId;
use crate::outbound::file_link;
use crate::outbound::transport::api::answer;
use crate::outbound::transport::api::client::Client;
use crate::outbound::transport::reply::{Meaning, Reply};
use crate::store::outbox::Entry;
use crate::store::outbox_record::File;
use crate::text::{media_type, messages};
use crate::wire::rapidpro::FILE_SIZE_MAX;

/// What becomes of a message's files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// RapidPro's ids of those that it has.
    pub(crate) media: Vec<String>,
    /// What the text says of the others.
    pub(crate) lines: Vec<String>,
}

/// Uploads a message's files. To upload one again does no harm.
///
/// # Errors
/// Where RapidPro does not answer as it should.
pub(crate) async fn upload(client: &Client<'_>, room: &RoomId, entry: &Entry) -> Result<Files, Reply> {
    let mut files = Files::default();
    for file in &entry.message.files {
        if file.size > FILE_SIZE_MAX {
            let language = language::of_server(client.host).await;
            files.lines.push(messages::NOT_SENT.filled(language, &[("name", &file.name)]));
            continue;
        }
        match uploaded(client, file).await? {
            Some(media) => files.media.push(media),
            None => {
                // Always the same text, so that it is recognised among RapidPro's messages.
                let until = entry.owed_since().saturating_add(file_link::READ_MS);
                let link = file_link::make_until(client.host, room, file, until).await;
                files.lines.push(format!("{}: {}", file.name, link.map_err(|failure| Reply::none(&failure))?));
            }
        }
    }
    Ok(files)
}

/// RapidPro's id of a file; `None` where it takes no such file.
async fn uploaded(client: &Client<'_>, file: &File) -> Result<Option<String>, Reply> {
    let Some(kind) = media_type::essence(&file.mime).filter(|kind| is_taken(kind)) else { return Ok(None) };
    match client.upload(&file.id, file_link::name_with_ending(file), &kind).await {
        Ok(None) => Ok(None),
        Ok(Some(answer)) => match answer::fields(&answer).as_ref().and_then(|fields| fields.get("uuid")?.as_str()) {
            Some(uuid) => Ok(Some(uuid.to_owned())),
            None => Err(answer::reply(&answer)),
        },
        // It says what is wrong with the file; a proxy before it says that it is too large.
        Err(refusal) if answer::is_about(&refusal, "file") || matches!(refusal.status, 413 | 415) => Ok(None),
        Err(refusal) if refusal.meaning == Meaning::Rejected => Ok(None),
        Err(refusal) => Err(Reply { unsure: None, ..refusal }),
    }
}

/// Whether some version of RapidPro takes such files; which images it takes, it says itself.
fn is_taken(kind: &str) -> bool {
    kind == "application/pdf" || ["image/", "audio/", "video/"].iter().any(|start| kind.starts_with(start))
}

/// What a message says, with what is to be said of its files.
pub(crate) fn with_lines(text: &str, lines: &[String]) -> String {
    let words = Some(text).filter(|text| !text.is_empty());
    words.into_iter().chain(lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n")
}

/// Media as a message names them.
pub(crate) fn named(media: &[String]) -> Option<Value> {
    (!media.is_empty()).then(|| media.iter().cloned().map(Value::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_rapidpro_takes_is_not_even_uploaded() {
        for kind in ["image/png", "image/bmp", "audio/ogg", "video/mp4", "application/pdf"] {
            assert!(is_taken(kind), "{kind}");
        }
        for kind in ["text/plain", "application/zip", "application/vnd.ms-excel"] {
            assert!(!is_taken(kind), "{kind}");
        }
    }

    #[test]
    fn lines_about_files_follow_the_text() {
        assert_eq!(with_lines("", &["a".into(), "b".into()]), "a\nb");
        assert_eq!(with_lines("hi", &["a".into()]), "hi\na");
        assert_eq!(with_lines("hi", &[]), "hi");
    }
}
