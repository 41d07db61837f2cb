//! Addresses of contacts' media, as RapidPro and channels write them: with blanks and entries of any script, too.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode_byte, utf8_percent_encode};

use crate::text::url::is_http_url;

/// What an address holds encoded only (RFC 3986, section 2), besides entries beyond ASCII.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'\\').add(b'^');

/// The one way to write an http(s) address: scheme and host in lower case, blanks and entries beyond ASCII encoded,
/// what is encoded left so; `None` where it is no such address.
///
/// Line breaks and tabs are left out, as browsers do (WHATWG URL, section 4.4). A host keeps its own script: whoever
/// resolves it knows how.
pub fn normal(address: &str) -> Option<String> {
    let unbroken: String = address.chars().filter(|char| !matches!(char, '\t' | '\n' | '\r')).collect();
    let trimmed = unbroken.trim_matches(|char: char| char.is_whitespace() || char.is_control());
    let (scheme, rest) = trimmed.split_once("://")?;
    let (authority, path) = rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{}@", encoded(user)), host),
        None => (String::new(), authority),
    };
    // Browsers take it for a slash, other programs for a part of the user's name: nobody knows whose host it is.
    let is_clear = !authority.contains('\\');
    let normal = format!("{}://{user}{}{}", scheme.to_ascii_lowercase(), host.to_lowercase(), encoded(path));
    Some(normal).filter(|normal| is_clear && is_http_url(normal))
}

/// Encoded where it is not: a percent sign stays where two hexadecimal digits follow.
pub(crate) fn encoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut encoded = utf8_percent_encode(parts.next().unwrap_or_default(), ENCODED).to_string();
    for part in parts {
        let is_encoded = part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        encoded.push_str(if is_encoded { "%" } else { percent_encode_byte(b'%') });
        encoded.extend(utf8_percent_encode(part, ENCODED));
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_encoded_once() {
        for (address, expected) in [
            ("https://host/Relatório médico (1).pdf", "https://host/Relat%C3%B3rio%20m%C3%A9dico%20(1).pdf"),
            ("https://host/a%20b.png", "https://host/a%20b.png"),
            ("https://host/a%20b é.png", "https://host/a%20b%20%C3%A9.png"),
            ("https://host/%d8%aa", "https://host/%d8%aa"),
            ("https://host/100%.png", "https://host/100%25.png"),
            ("https://host/50%é%2", "https://host/50%25%C3%A9%252"),
            ("https://host/a%2520b", "https://host/a%2520b"),
            ("https://host/a+b?c=d+e&f=g h#i j", "https://host/a+b?c=d+e&f=g%20h#i%20j"),
            ("https://host/a|b^c`{d}\"<e>\\", "https://host/a%7Cb%5Ec%60%7Bd%7D%22%3Ce%3E%5C"),
            ("https://host/a\u{a0}b\u{202e}", "https://host/a%C2%A0b%E2%80%AE"),
            ("https://host/😀", "https://host/%F0%9F%98%80"),
            ("https://host?q=é", "https://host?q=%C3%A9"),
        ] {
            assert_eq!(normal(address).as_deref(), Some(expected));
            assert_eq!(normal(expected).as_deref(), Some(expected), "twice is as once");
        }
    }

    #[test]
    fn schemes_and_hosts_are_in_lower_case() {
        for (address, expected) in [
            ("HTTPS://Media.Example.ORG:8443/A.JPG", "https://media.example.org:8443/A.JPG"),
            ("Http://User:Pass@HOST/x", "http://User:Pass@host/x"),
            ("http://BÜCHER.example/x", "http://bücher.example/x"),
            ("http://XN--BCHER-KVA.example/x", "http://xn--bcher-kva.example/x"),
            ("HTTP://[2001:DB8::1]/x", "http://[2001:db8::1]/x"),
            (" \thttps://ho\nst/a\r\nb\u{0} ", "https://host/ab"),
        ] {
            assert_eq!(normal(address).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_address_stays_none() {
        for address in [
            "",
            "not a url",
            "ftp://host/x",
            "javascript:alert(1)//://",
            "//host/x",
            "https:///x",
            "https://ho st/x",
            "https://host\\@evil.example/x",
            "https://host:99999/",
            "/file-upload/x",
        ] {
            assert_eq!(normal(address), None, "{address}");
        }
    }
}
