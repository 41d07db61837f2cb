//! What has to be asked for before an agent's message can be sent: forwarded files, the server's address.

use crate::config::{language, public_url};
use crate::livechat::notice;
use crate::outbound::{content, rich_content};
use crate::runtime::host::Host;
use crate::store::outbox_record;
use crate::store::outbox_record::File;
use crate::store::ticket::Ticket;
use crate::wire::rocketchat::Message;

/// The content of a message, with what has to be asked for: files of other messages that it forwards, the server's
/// address in links, its language in a place. The agent is told of files that cannot be sent. What is only typed, or
/// has files of its own, needs nothing.
pub async fn completed(
    host: &Host,
    ticket: &Ticket,
    written: &Message,
    content: outbox_record::Message,
) -> outbox_record::Message {
    let (content, names) = looked_up(host, written, content).await;
    if !names.is_empty() {
        notice::name_only(host, ticket, &names).await;
    }
    content
}

/// The same without a word to the agent; names the files that cannot be sent.
pub(crate) async fn looked_up(
    host: &Host,
    written: &Message,
    content: outbox_record::Message,
) -> (outbox_record::Message, Vec<String>) {
    let parts = rich_content::of(written, content::typed(written), "");
    let mut content = content;
    if parts.needs_address || !written.location.is_null() {
        // A link without its beginning is better than none.
        let address = if parts.needs_address { public_url::public_address(host).await } else { Ok(String::new()) };
        let (address, language) = (address.unwrap_or_default(), language::of_server(host).await);
        content = content::of_at(written, content.written_at, &address, language).unwrap_or(content);
    }
    let mut names = Vec::new();
    for file in parts.uploads {
        // Whoever writes a message names what it forwards: of another room's files nobody knows whether they may.
        match host.find_upload(file.id.clone()).await {
            Ok(Some(upload)) if upload.room.as_ref() == Some(&written.room.id) => content.files.push(File {
                mime: upload.kind.unwrap_or(file.mime),
                size: upload.size.unwrap_or_default(),
                ..file
            }),
            _ => names.push(file.name),
        }
    }
    (content, names)
}
