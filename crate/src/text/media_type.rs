//! MIME types (RFC 9110, section 8.3.1) as people's devices write them: with parameters, in any case.

/// The types of files that people send, as `tools/write-file-endings.mjs` writes them from npm's `mime-db`: a line for
/// each, the type and its endings, the best first.
const ENDINGS: &str = include_str!("file_endings.txt");

/// The type without its parameters, in lower case; `None` where it is none, such as a bare `image`.
///
/// What is answered may stand in a header.
pub fn essence(text: &str) -> Option<String> {
    let essence = without_parameters(text);
    let (kind, subkind) = essence.split_once('/')?;
    (is_name(kind) && is_name(subkind)).then_some(essence)
}

/// What kind of thing it is, in lower case: `image` for `IMAGE/JPEG; q=1`, and for a bare `Image`.
pub fn kind(text: &str) -> String {
    without_parameters(text).split('/').next().unwrap_or_default().trim_end().to_owned()
}

/// The best ending of a type's files, without its dot.
pub fn ending(text: &str) -> Option<&'static str> {
    let essence = essence(text)?;
    known().find(|(name, _)| *name == essence).and_then(|(_, mut endings)| endings.next())
}

/// Whether a name's ending says what a type says: that it is, say, a picture.
pub fn is_told_by_ending(text: &str, ending: &str) -> bool {
    let (kind, ending) = (kind(text), ending.to_ascii_lowercase());
    let says_little = kind.is_empty() || kind == "application" || ending_of_kind(&kind).next().is_none();
    let mut endings = known().filter(|(name, _)| says_little || is_of_kind(name, &kind));
    endings.any(|(_, mut endings)| endings.any(|known| known == ending))
}

fn ending_of_kind(kind: &str) -> impl Iterator<Item = &'static str> {
    known().filter(move |(name, _)| is_of_kind(name, kind)).map(|(name, _)| name)
}

fn is_of_kind(name: &str, kind: &str) -> bool {
    name.split('/').next() == Some(kind)
}

pub(crate) fn known() -> impl Iterator<Item = (&'static str, std::str::Split<'static, char>)> {
    ENDINGS.lines().filter_map(|line| line.split_once(' ')).map(|(name, endings)| (name, endings.split(' ')))
}

fn without_parameters(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A `restricted-name` (RFC 6838, section 4.2).
fn is_name(name: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    name.len() <= 127 && name.starts_with(|char: char| char.is_ascii_alphanumeric()) && name.bytes().all(may_stand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_count() {
        for (text, expected) in [
            ("audio/ogg; codecs=opus", "audio/ogg"),
            ("IMAGE/JPEG", "image/jpeg"),
            ("video/webm;codecs=\"vp8,opus\"", "video/webm"),
            ("video/webm;codecs=vp8,opus", "video/webm"),
            (" text/plain ;charset=utf-8", "text/plain"),
            ("image/svg+xml", "image/svg+xml"),
            ("text/html; charset=\"a\r\nX-Injected: 1\"", "text/html"),
        ] {
            assert_eq!(essence(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_type() {
        for text in ["", "image", "image/", "/png", "a/b/c", "é/x", "text/html\r\nX-Injected: 1", "a b/c", ";", "; a/b"]
        {
            assert_eq!(essence(text), None, "{text}");
            assert_eq!(ending(text), None, "{text}");
        }
        assert_eq!(essence(&format!("image/{}", "x".repeat(128))), None);
    }

    #[test]
    fn kinds_may_be_bare() {
        for (text, expected) in
            [("image", "image"), (" Image ", "image"), ("AUDIO/ogg; a=b", "audio"), ("geo", "geo"), ("", "")]
        {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn endings_are_those_that_people_know() {
        for (text, expected) in [
            ("audio/ogg; codecs=opus", "ogg"),
            ("audio/mpeg", "mp3"),
            ("audio/mp4", "m4a"),
            ("audio/amr", "amr"),
            ("audio/aac", "aac"),
            ("audio/x-wav", "wav"),
            ("video/quicktime", "mov"),
            ("video/3gpp", "3gp"),
            ("video/x-matroska", "mkv"),
            ("IMAGE/JPEG", "jpg"),
            ("image/svg+xml", "svg"),
            ("image/heic", "heic"),
            ("text/plain; charset=utf-8", "txt"),
            ("text/vcard", "vcf"),
            ("text/x-vcard", "vcf"),
            ("text/calendar", "ics"),
            ("application/msword", "doc"),
            ("application/vnd.ms-excel", "xls"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
            ("application/vnd.oasis.opendocument.text", "odt"),
        ] {
            assert_eq!(ending(text), Some(expected), "{text}");
        }
        assert_eq!(ending("x-unheard/of"), None);
        assert_eq!(ending("application/octet-stream"), None);
    }

    #[test]
    fn an_ending_tells_a_kind() {
        for (text, told) in [
            ("image/jpeg", "PNG"),
            ("image", "jpg"),
            ("text/plain", "csv"),
            ("application/zip", "docx"),
            ("", "jpg"),
            ("document/pdf", "pdf"),
        ] {
            assert!(is_told_by_ending(text, told), "{text} {told}");
        }
        for (text, other) in [("image/jpeg", "php"), ("application/pdf", "php"), ("audio/ogg", "jpg"), ("", "2024")] {
            assert!(!is_told_by_ending(text, other), "{text} {other}");
        }
    }
}
