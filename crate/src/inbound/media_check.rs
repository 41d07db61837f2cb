//! Whether a file is what it was said to be: a host may answer 200 with a page to log in, an error or nothing.

use crate::text::media_type::{essence, kind};
use crate::wire::http::Fetched;

const SVG: &str = "image/svg+xml";

const PDF: &str = "application/pdf";

/// Claims nothing, though some programs' signatures go by that name.
const BYTES: &str = "application/octet-stream";

impl Fetched {
    /// Whether this is what `claimed` names, a MIME type, a bare kind or nothing. The file's own signature counts for
    /// more than what its host calls it, which often is just bytes.
    pub fn is(&self, claimed: &str) -> bool {
        let (claimed_kind, claimed) = (kind(claimed), essence(claimed).unwrap_or_default());
        let head: Vec<u8> = self.head.chars().filter_map(|char| u8::try_from(char).ok()).collect();
        if self.length == 0 || head.is_empty() {
            return false;
        }
        if self.is_called_page() || is_page(&head) {
            return is_page_type(&claimed);
        }
        let signature = infer::get(&head).map(|known| known.mime_type()).filter(|mime| !mime.starts_with("text/"));
        let found = signature.map(kind).unwrap_or_default();
        match claimed_kind.as_str() {
            "image" if claimed == SVG => is_markup(&head),
            "image" if found.is_empty() => {
                !claimed.is_empty() && !infer::is_mime_supported(&claimed) && self.may_be("image", &head)
            }
            "image" => found == "image",
            // They share their containers.
            "audio" | "video" if found.is_empty() => self.may_be(&claimed_kind, &head),
            "audio" | "video" => matches!(found.as_str(), "audio" | "video") || signature == Some("application/ogg"),
            "text" => found.is_empty(),
            // Office programs' files are archives of several kinds.
            _ if claimed != BYTES && infer::is_mime_supported(&claimed) => match signature {
                Some(mime) => matches!(found.as_str(), "application") && (mime == PDF) == (claimed == PDF),
                None => self.may_be("application", &head),
            },
            _ => true,
        }
    }

    fn is_called_page(&self) -> bool {
        self.content_type.as_deref().and_then(essence).is_some_and(|called| is_page_type(&called))
    }

    /// Whether a file without a known signature may be of that kind.
    fn may_be(&self, claimed: &str, head: &[u8]) -> bool {
        let called = self.content_type.as_deref().map(kind).unwrap_or_default();
        let alike = match called.as_str() {
            "" | "application" | "binary" => true,
            "audio" | "video" => matches!(claimed, "audio" | "video"),
            _ => called == claimed,
        };
        alike && !is_text(head)
    }
}

fn is_page_type(essence: &str) -> bool {
    matches!(essence, "text/html" | "application/xhtml+xml")
}

fn is_page(head: &[u8]) -> bool {
    infer::is_mime(without_byte_order_mark(head), "text/html")
        || is_markup(head) && head.windows(5).any(|word| word.eq_ignore_ascii_case(b"<html"))
}

/// Whether it begins with a tag, as SVG and XML do too.
fn is_markup(head: &[u8]) -> bool {
    match without_byte_order_mark(head).trim_ascii_start() {
        [b'<', second, ..] => second.is_ascii_alphabetic() || matches!(second, b'!' | b'?'),
        _ => false,
    }
}

/// Whether it is readable: text in UTF-8, perhaps cut off, or a markup of any encoding.
fn is_text(head: &[u8]) -> bool {
    let mut chunks = head.utf8_chunks().peekable();
    let mut readable = true;
    while let Some(chunk) = chunks.next() {
        let is_whole = chunk.invalid().is_empty() || chunks.peek().is_none();
        readable &= is_whole && !chunk.valid().chars().any(|char| char.is_control() && !char.is_whitespace());
    }
    readable || is_markup(head)
}

fn without_byte_order_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::http::Fetched;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";
    const OGG: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead";
    const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
    const THREE_GP: &[u8] = b"\0\0\0\x18ftyp3gp5\0\0\0\0";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";
    const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    const LOG_IN: &[u8] = b"<!DOCTYPE html><html><body>Log in";
    const ERROR: &[u8] = br#"{"error":"link expired"}"#;

    fn fetched(content_type: &str, head: &[u8]) -> Fetched {
        let content_type = Some(content_type.to_owned()).filter(|text| !text.is_empty());
        Fetched { content_type, length: head.len() as u64, head: head.iter().copied().map(char::from).collect() }
    }

    #[test]
    fn files_that_are_what_they_claim_to_be() {
        for (claimed, called, head) in [
            ("image/png", "image/png", PNG),
            ("image/png", "IMAGE/PNG; q=1", PNG),
            ("image/png", BYTES, PNG),
            ("image/png", "text/plain", PNG),
            ("image/png", "", PNG),
            ("image/jpeg", "image/jpeg", PNG),
            ("image", "image/jpeg", JPEG),
            ("image/svg+xml", "image/svg+xml", b"<svg xmlns='x'/>"),
            ("image/x-portable-pixmap-of-ours", BYTES, b"P6\0\x01\xff"),
            ("audio/ogg; codecs=opus", "application/ogg", OGG),
            ("audio/mp4", "video/mp4", MP4),
            ("video/3gpp", "video/3gpp", THREE_GP),
            ("audio/amr", "audio/amr", b"#!AMR\n\x3c\x91\x17\x16\xbe\x66\x79"),
            ("audio/mpeg", "audio/mpeg", b"\xff\xfa\x90\0"),
            ("application/pdf", "application/pdf", b"%PDF-1.4\n1 0 obj"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip", ZIP),
            ("application/msword", BYTES, OLE),
            ("text/plain; charset=utf-8", "text/plain", b"hello"),
            ("text/plain", "text/plain", b"caf\xe9"),
            ("text/vcard", "text/vcard", b"BEGIN:VCARD"),
            ("text/html", "text/html", LOG_IN),
            ("application/json", "application/json", ERROR),
            ("", "", PNG),
            ("application", BYTES, b"\0\x01"),
            ("application/octet-stream", BYTES, b"hello"),
            ("application/vnd.google-earth.kml+xml", "text/xml", b"<?xml version='1.0'?><kml/>"),
        ] {
            assert!(fetched(called, head).is(claimed), "{claimed} {called} {head:?}");
        }
    }

    #[test]
    fn files_that_are_not() {
        for (claimed, called, head) in [
            ("image/png", "text/html; charset=utf-8", LOG_IN),
            ("image/png", "image/png", LOG_IN),
            ("image/png", BYTES, b"\xef\xbb\xbf\n <html lang='en'>"),
            ("image/png", "image/png", b"<?xml version='1.0'?><!DOCTYPE x><html>"),
            ("image/png", "TEXT/HTML", PNG),
            ("image/png", "image/png", b""),
            ("image", "image/png", b"\0\0\0\0"),
            ("image/png", "image/png", b"\0\0\0\0"),
            ("image/png", "application/json", ERROR),
            ("image/png", "video/mp4", MP4),
            ("image/png", "application/pdf", b"%PDF-1.4"),
            ("image/svg+xml", "image/svg+xml", LOG_IN),
            ("audio/mpeg", "text/html", LOG_IN),
            ("audio/ogg", "application/json", ERROR),
            ("audio/ogg", "audio/ogg", b"not found"),
            ("video/mp4", "image/png", PNG),
            ("audio/mpeg", "text/plain", b"\xff\xfa\x90\0"),
            ("application/pdf", "application/pdf", LOG_IN),
            ("application/pdf", "application/pdf", ERROR),
            ("application/pdf", "application/pdf", ZIP),
            ("application/pdf", "image/png", PNG),
            ("application/zip", "application/zip", b"%PDF-1.4"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", BYTES, ERROR),
            ("text/plain", "text/html", LOG_IN),
            ("text/vcard", "text/vcard", PNG),
            ("", "text/html", LOG_IN),
            ("", "", b""),
            ("application/octet-stream", BYTES, LOG_IN),
        ] {
            assert!(!fetched(called, head).is(claimed), "{claimed} {called} {head:?}");
        }
    }

    #[test]
    fn text_may_be_cut_within_a_character() {
        assert!(is_text("né".as_bytes().split_last().unwrap().1));
        assert!(is_text(b"<p>caf\xe9</p>"));
        assert!(!is_text(b"a\xffb"));
        assert!(!is_text(b"a\0b"));
    }
}
