//! Copies of contacts' media in Rocket.Chat, for administrators who want them there.

use crate::ids::RoomId;
use crate::livechat::media;
use crate::livechat::media::ContactMedia;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::store::inbox::{Copy, InboxContent};
use crate::text::i18n::Language;
use crate::text::url::host_of;
use crate::text::{address, file_name, media_type};
use crate::wire::http::Fetched;

/// The largest file that is copied, in bytes.
pub const BYTES_MAX: u64 = 10 * 1024 * 1024;

/// How long fetching a file may take, in milliseconds.
pub const FETCH_MS: u64 = 5_000;

/// How old a message may be for its files to be copied, in milliseconds: an older one gets links, since another
/// node may be about to take it up.
pub const WITHIN_MS: u64 = 10_000;

/// Fetches a file and, where it is what it claims to be, uploads it into a room as the visitor with that token.
///
/// # Errors
/// Where the file cannot be fetched or uploaded, or is something else.
pub async fn copy(host: &Host, copy: Copy, room: RoomId, token: String) -> Result<(), Failure> {
    let fetched = host.fetch_file(copy.url.clone(), BYTES_MAX, FETCH_MS).await?;
    accept(&copy, &fetched).map_err(Cause::Refused)?;
    host.upload_file(copy.name, room, token).await
}

/// Whether what was fetched may be shown as this file; else why not, for the log.
pub(crate) fn accept(copy: &Copy, fetched: &Fetched) -> Result<(), String> {
    if fetched.length > BYTES_MAX {
        return Err(format!("it is larger than {BYTES_MAX} bytes"));
    }
    match fetched.is(copy.mime.as_deref().unwrap_or_default()) {
        true => Ok(()),
        false => Err(format!("what its host sends, {} bytes, is not what it was said to be", fetched.length)),
    }
}

/// A contact's message as what Rocket.Chat is to take one after the other: each file that one of `hosts`
/// offers by itself, everything else together.
pub fn contents(text: &str, media: &[ContactMedia<'_>], hosts: &[String], language: Language) -> Vec<InboxContent> {
    let mut contents = Vec::new();
    let mut rest = media;
    let mut words = text;
    loop {
        let together = rest.iter().position(|item| is_offered(item, hosts)).unwrap_or(rest.len());
        let (linked, after) = rest.split_at_checked(together).unwrap_or_default();
        let (text, attachments) = media::render(words, linked, language);
        if !text.is_empty() || !attachments.is_empty() {
            contents.push(InboxContent { text, attachments, copy: None });
        }
        let Some((item, after)) = after.split_first() else { return contents };
        let (text, attachments) = media::render("", &[*item], language);
        contents.push(InboxContent {
            text,
            attachments,
            copy: Some(Copy {
                url: address::normal(item.url).unwrap_or_else(|| item.url.to_owned()),
                name: name(item, language),
                mime: Some(item.mime.to_owned()),
            }),
        });
        (rest, words) = (after, "");
    }
}

fn is_offered(media: &ContactMedia<'_>, hosts: &[String]) -> bool {
    let address = address::normal(media.url);
    let host = address.as_deref().and_then(host_of);
    let is_file = !matches!(media_type::kind(media.mime).as_str(), "geo" | "unavailable");
    is_file && host.is_some_and(|host| hosts.iter().any(|listed| listed.to_lowercase() == host))
}

/// A name with an ending, from which Rocket.Chat takes the file's type.
pub(crate) fn name(media: &ContactMedia<'_>, language: Language) -> String {
    let in_address = address::normal(media.url).as_deref().and_then(file_name::in_address);
    let name = in_address.or_else(|| file_name::safe(&media_type::kind(media.mime)));
    file_name::with_ending(&name.unwrap_or_else(|| media::title(media, language)), media.mime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::livechat::media::ContactMedia;
    use crate::store::inbox::{Copy, InboxContent};
    use crate::text::i18n::Language;
    use crate::wire::http::Fetched;

    const HOSTS: &str = "media.example.org";

    fn media(mime: &'static str, url: &'static str) -> ContactMedia<'static> {
        ContactMedia { mime, url }
    }

    /// What is posted: texts and titles of links, or the name of a copy.
    fn posted(text: &str, media: &[ContactMedia<'_>]) -> Vec<String> {
        let show = |content: InboxContent| match content.copy {
            Some(copy) => format!("copy {}", copy.name),
            None => {
                let links = content.attachments.into_iter().filter_map(|attachment| attachment.title.value);
                [content.text].into_iter().chain(links).collect::<Vec<_>>().join("|")
            }
        };
        contents(text, media, &[HOSTS.to_owned()], Language::English).into_iter().map(show).collect()
    }

    #[test]
    fn what_is_copied_stands_alone_and_in_order() {
        let photo = media("image/jpeg", "https://media.example.org/a.jpg");
        let other = media("application/pdf", "https://elsewhere.example.org/b.pdf");
        assert_eq!(posted("look", &[photo]), ["look", "copy a.jpg"]);
        assert_eq!(posted("", &[photo, photo]), ["copy a.jpg", "copy a.jpg"]);
        assert_eq!(posted("x", &[other, photo, other, other]), ["x|b.pdf", "copy a.jpg", "|b.pdf|b.pdf"]);
        assert_eq!(posted("x", &[]), ["x"]);
        assert_eq!(posted("", &[]), [""; 0]);
    }

    #[test]
    fn only_files_of_listed_hosts_are_copied() {
        for (mime, url) in [
            ("image/jpeg", "https://media.example.org.evil.example/a.jpg"),
            ("image/jpeg", "https://evil.example/media.example.org/a.jpg"),
            ("image/jpeg", "https://media.example.org@evil.example/a.jpg"),
            ("image/jpeg", "https://evil.example?@media.example.org/a.jpg"),
            ("image/jpeg", "https://evil.example#@media.example.org/a.jpg"),
            ("image/jpeg", "https://media.example.org\\@evil.example/a.jpg"),
            ("image/jpeg", "https://media.example.org:8443/a.jpg"),
            ("image/jpeg", "ftp://media.example.org/a.jpg"),
            ("unavailable", "https://media.example.org/a.jpg"),
            ("geo", "1,2"),
        ] {
            let contents = contents("", &[media(mime, url)], &[HOSTS.to_owned()], Language::English);
            assert!(contents.iter().all(|content| content.copy.is_none()), "{url}");
        }
        let contents =
            contents("", &[media("", "HTTPS://u:p@Media.Example.ORG/a")], &[HOSTS.to_owned()], Language::English);
        assert_eq!(contents[0].copy.as_ref().unwrap().name, "a");
    }

    #[test]
    fn addresses_are_fetched_as_they_are_linked() {
        let report = media("application/pdf", "HTTPS://MEDIA.example.org/Relatório médico (1).pdf");
        let contents = contents("", &[report], &[HOSTS.to_owned()], Language::English);
        let copy = contents[0].copy.as_ref().unwrap();
        assert_eq!(copy.url, "https://media.example.org/Relat%C3%B3rio%20m%C3%A9dico%20(1).pdf");
        assert_eq!(contents[0].attachments[0].title.link.as_ref(), Some(&copy.url));
        assert_eq!(copy.name, "Relatório médico (1).pdf");
    }

    #[test]
    fn what_is_too_large_or_something_else_is_not_accepted() {
        let copy = |mime: Option<&str>| Copy { url: String::new(), name: String::new(), mime: mime.map(str::to_owned) };
        let png = Fetched { length: BYTES_MAX, head: "\u{89}PNG\r\n\u{1a}\n".to_owned(), content_type: None };
        assert_eq!(accept(&copy(Some("image/png")), &png), Ok(()));
        assert_eq!(accept(&copy(None), &png), Ok(()), "as version 1.0.0 stored it");
        assert!(accept(&copy(Some("image/png")), &Fetched { length: BYTES_MAX + 1, ..png.clone() }).is_err());
        assert!(accept(&copy(Some("video/mp4")), &png).is_err());
        assert!(accept(&copy(Some("image/png")), &Fetched { length: 0, ..png }).is_err());
    }

    #[test]
    fn names_have_an_ending_where_one_is_known() {
        assert_eq!(posted("", &[media("image/png", "https://media.example.org/1f2e")]), ["copy 1f2e.png"]);
        assert_eq!(posted("", &[media("audio/mp4", "https://media.example.org")]), ["copy audio.m4a"]);
        assert_eq!(posted("", &[media("image", "https://media.example.org/x")]), ["copy x"]);
        let voice = media("audio/ogg; codecs=opus", "https://media.example.org/%D8%AA");
        assert_eq!(posted("", &[voice]), ["copy ت.ogg"]);
        assert_eq!(posted("", &[media("", "https://media.example.org/..%2F..%2Fetc")]), ["copy etc"]);
    }
}
