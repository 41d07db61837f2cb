//! http(s) addresses.

/// Scheme, host and port of a URL.
pub(crate) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?))
}

/// An http(s) URL's scheme, host and path: no query, and no user or password.
pub(crate) fn without_secrets(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").filter(|_| is_http_url(url))?;
    let address = rest.split(['?', '#']).next().unwrap_or_default();
    let path = address.find('/').and_then(|at| address.get(at..)).unwrap_or_default();
    Some(format!("{scheme}://{}{path}", host_and_port(rest)))
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3); dots too, so that the name
/// has one ending.
pub(crate) fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The host and port of a URL, without the user and password that it may hold.
pub(crate) fn authority(url: &str) -> &str {
    url.split(['/', '?', '#']).nth(2).and_then(|authority| authority.rsplit('@').next()).unwrap_or_default()
}

/// Whether `url` is an absolute http(s) URL with a host and, if any, a port that can be (RFC 3986).
pub fn is_http_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let host_and_port = host_and_port(rest);
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (host_and_port, ""),
    };
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && !url.chars().any(|char| char.is_whitespace() || char.is_control() || matches!(char, '\\' | '<' | '>' | '"'))
        && is_host(host)
        && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// The host of a good URL, with its port if it names one.
pub fn host_of(url: &str) -> Option<&str> {
    url.split_once("://").filter(|_| is_http_url(url)).map(|(_, rest)| host_and_port(rest))
}

fn host_and_port(after_scheme: &str) -> &str {
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        // The look of an IPv6 address is enough: a wrong one reaches nobody, and parsing it costs 1.5 kB of module.
        Some(address) => address.strip_suffix(']').is_some_and(|address| {
            let is_part = |char: char| char.is_ascii_hexdigit() || matches!(char, ':' | '.');
            address.contains(':') && address.chars().all(is_part)
        }),
        None => !host.is_empty() && !host.contains(['[', ']', ':', '%', '^', '|', '`', '{', '}']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_every_host_are_taken() {
        for url in [
            "https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/59d7",
            "http://localhost:8090/x",
            "HTTP://10.0.0.7",
            "https://[::1]:8080/",
            "https://user:pass@host/?a=b#c",
            "http://bücher.example/",
        ] {
            assert!(is_http_url(url), "{url}");
        }
    }

    #[test]
    fn the_authority_holds_no_password() {
        assert_eq!(authority("https://user:pass@host:8080/a@b?c"), "host:8080");
        assert_eq!(authority("http://[::1]?a"), "[::1]");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in [
            "",
            "rapidpro.example.org",
            "ftp://host/",
            "https://",
            "https:///path",
            "https://:80/",
            "http://host:99999/",
            "http://host:x/",
            "http://a b/",
            "http://host/\n",
            "https://?a",
            "javascript:alert(1)",
            "http://[::1",
            "http://a:b:1/",
        ] {
            assert!(!is_http_url(url), "{url}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("http://host:8080/mr/x?y").as_deref(), Some("http://host:8080"));
        assert_eq!(origin("https://host").as_deref(), Some("https://host"));
    }
}
