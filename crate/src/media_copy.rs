//! Copies of contacts' media in Rocket.Chat, for administrators who want them there.

use crate::attachment::{self, ContactMedia};
use crate::inbox::Content;
use crate::settings::host_of;
use crate::words::Language;
use serde::{Deserialize, Serialize};

/// The largest file that is copied, in bytes.
pub const BYTES_MAX: u64 = 10 * 1024 * 1024;
/// How long fetching a file may take, in milliseconds.
pub const FETCH_MS: u64 = 5_000;
/// How old a message may be for its files to be copied, in milliseconds: an older one gets links, since another
/// node may be about to take it up.
pub const WITHIN_MS: u64 = 10_000;

/// A file that is to be copied.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Copy {
    /// Where it is.
    pub url: String,
    /// Its name in Rocket.Chat.
    pub name: String,
}

/// A contact's message as what Rocket.Chat is to take one after the other: each file that one of `hosts`
/// offers by itself, everything else together.
pub fn contents(text: &str, media: &[ContactMedia<'_>], hosts: &[String], language: Language) -> Vec<Content> {
    let mut contents = Vec::new();
    let mut rest = media;
    let mut words = text;
    loop {
        let together = rest.iter().position(|item| is_offered(item, hosts)).unwrap_or(rest.len());
        let (linked, after) = rest.split_at_checked(together).unwrap_or_default();
        let (text, attachments) = attachment::render(words, linked, language);
        if !text.is_empty() || !attachments.is_empty() {
            contents.push(Content { text, attachments, copy: None });
        }
        let Some((item, after)) = after.split_first() else { return contents };
        let (text, attachments) = attachment::render("", &[*item], language);
        contents.push(Content {
            text,
            attachments,
            copy: Some(Copy { url: item.url.to_owned(), name: name(item, language) }),
        });
        (rest, words) = (after, "");
    }
}

fn is_offered(media: &ContactMedia<'_>, hosts: &[String]) -> bool {
    let host = host_of(media.url).filter(|_| !matches!(media.mime, "geo" | "unavailable"));
    host.is_some_and(|host| hosts.iter().any(|listed| listed.eq_ignore_ascii_case(host)))
}

/// A name with an ending, from which Rocket.Chat takes the file's type.
fn name(media: &ContactMedia<'_>, language: Language) -> String {
    let mut name = attachment::title(media, language).replace('/', ".");
    if !name.contains('.')
        && let Some((_, kind)) = media.mime.split_once('/')
    {
        name.push('.');
        name.push_str(kind);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: &str = "media.example.org";

    fn media(mime: &'static str, url: &'static str) -> ContactMedia<'static> {
        ContactMedia { mime, url }
    }

    /// What is posted: texts and titles of links, or the name of a copy.
    fn posted(text: &str, media: &[ContactMedia<'_>]) -> Vec<String> {
        let show = |content: Content| match content.copy {
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
    fn names_have_an_ending_where_one_is_known() {
        assert_eq!(posted("", &[media("image/png", "https://media.example.org/1f2e")]), ["copy 1f2e.png"]);
        assert_eq!(posted("", &[media("audio/mp4", "https://media.example.org")]), ["copy audio.mp4"]);
        assert_eq!(posted("", &[media("image", "https://media.example.org/x")]), ["copy x"]);
    }
}
