//! Names of files: readable for people, and such that every file system takes them.

use percent_encoding::percent_decode_str;

use crate::text::media_type;

/// The longest name in bytes: file systems take 255, and Rocket.Chat adds to it.
pub(crate) const BYTES_MAX: usize = 200;

/// The longest ending that a name keeps when it is cut, in bytes.
const ENDING_MAX: usize = 16;

/// Names that are devices on Windows, with whatever ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The file's name in an address, decoded; `None` where it has none.
pub fn in_address(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?;
    let name = path.splitn(4, '/').nth(3)?.rsplit('/').next()?;
    safe(&decoded(name))
}

/// A name without path, without what steers or hides text, without what file systems refuse, and not too long;
/// `None` where nothing is left.
pub fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).find(|part| part.chars().any(|char| !is_filler(char)))?;
    let plain: String = last.chars().filter_map(harmless).collect();
    let one_line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = one_line.trim_matches(is_filler);
    let name = if is_device(name) { format!("_{name}") } else { name.to_owned() };
    Some(shortened(&name)).filter(|name| !name.is_empty())
}

/// The name with an ending that says what `mime` says, where one is known.
pub fn with_ending(name: &str, mime: &str) -> String {
    let told = name.rsplit_once('.').is_some_and(|(_, ending)| media_type::is_told_by_ending(mime, ending));
    match media_type::ending(mime) {
        Some(ending) if !told => shortened(&format!("{name}.{ending}")),
        _ => name.to_owned(),
    }
}

/// Percent-decoded once; what is no UTF-8 stays as it is.
pub(crate) fn decoded(text: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        for byte in chunk.invalid() {
            decoded.push_str(&format!("%{byte:02X}"));
        }
    }
    decoded
}

pub(crate) fn harmless(char: char) -> Option<char> {
    match char {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        // Joiners stay: words and emoji are written with them.
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => None,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => None,
        char if char.is_control() => None,
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => Some('_'),
        char => Some(char),
    }
}

/// What no name begins with or ends in.
fn is_filler(char: char) -> bool {
    char == '.' || char.is_whitespace() || harmless(char).is_none()
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        let mut number = stem.strip_prefix(port).unwrap_or_default().chars();
        matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    });
    is_port || DEVICES.contains(&stem.as_str())
}

/// Cut before its ending, and between characters.
fn shortened(name: &str) -> String {
    if name.len() <= BYTES_MAX {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() < ENDING_MAX => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let most = stem.floor_char_boundary(BYTES_MAX - ending.len());
    let (stem, _) = stem.split_at_checked(most).unwrap_or_default();
    format!("{}{ending}", stem.trim_end_matches(is_filler))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_address(path: &str, expected: Option<&str>) {
        assert_eq!(in_address(&format!("https://host/a/{path}")).as_deref(), expected, "{path}");
    }

    #[test]
    fn names_in_addresses_are_decoded_once() {
        check_address("%D8%AA%D9%82%D8%B1%D9%8A%D8%B1.pdf", Some("تقرير.pdf"));
        check_address("%d8%aa.pdf?x=/y.png#z", Some("ت.pdf"));
        check_address("Relat%C3%B3rio%20m%C3%A9dico%20(1).pdf", Some("Relatório médico (1).pdf"));
        check_address("Relatório médico.pdf", Some("Relatório médico.pdf"));
        check_address("100%25.png", Some("100%.png"));
        check_address("a%2520b.png", Some("a%20b.png"));
        check_address("a+b.png", Some("a+b.png"));
        check_address("50%.png", Some("50%.png"));
        check_address("%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7.jpg", Some("👩\u{200d}👧.jpg"));
    }

    #[test]
    fn what_is_no_utf_8_stays_encoded() {
        check_address("caf%E9.png", Some("caf%E9.png"));
        check_address("%D8%AA%FF.pdf", Some("ت%FF.pdf"));
        check_address("%C0%AEx", Some("%C0%AEx"));
        check_address("%zz%", Some("%zz%"));
    }

    #[test]
    fn names_lead_nowhere() {
        check_address("..%2F..%2Fetc", Some("etc"));
        check_address("..%5C..%5Cboot.ini", Some("boot.ini"));
        check_address("a%2Fb.pdf", Some("b.pdf"));
        check_address("a.pdf%2F", Some("a.pdf"));
        check_address("%2E%2E", None);
        check_address("", None);
        check_address("%00%0A", None);
        assert_eq!(in_address("https://host"), None);
        assert_eq!(in_address("no address"), None);
    }

    #[test]
    fn every_file_system_takes_them() {
        for (name, expected) in [
            ("CON.txt", Some("_CON.txt")),
            ("nul", Some("_nul")),
            ("com1.tar.gz", Some("_com1.tar.gz")),
            ("LPT³", Some("_LPT³")),
            ("aux .txt", Some("_aux .txt")),
            ("console.log", Some("console.log")),
            ("com10.txt", Some("com10.txt")),
            ("...", None),
            (" . ", None),
            (".htaccess", Some("htaccess")),
            ("trailing. ", Some("trailing")),
            ("a:b*c?.png", Some("a_b_c_.png")),
            ("a\r\nb\0\u{7f}.png", Some("a b.png")),
            ("/", None),
            ("C:\\dir\\x.png", Some("x.png")),
        ] {
            assert_eq!(safe(name).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn nothing_steers_or_hides_text() {
        assert_eq!(safe("invoice\u{202e}fdp.exe").as_deref(), Some("invoicefdp.exe"));
        assert_eq!(safe("\u{2066}a\u{2069}\u{200f}\u{feff}\u{200b}.png").as_deref(), Some("a.png"));
        assert_eq!(safe("می\u{200c}روم.pdf").as_deref(), Some("می\u{200c}روم.pdf"));
    }

    #[test]
    fn long_names_keep_their_ending_and_whole_characters() {
        let long = safe(&format!("{}.pdf", "a".repeat(300))).unwrap();
        assert_eq!((long.len(), long.ends_with("a.pdf")), (200, true));
        let wide = safe(&format!("{}.pdf", "é😀ت".repeat(60))).unwrap();
        assert!(wide.len() <= 200 && wide.len() > 190 && wide.ends_with(".pdf"), "{wide}");
        assert_eq!(safe(&"x".repeat(999)).unwrap().len(), 200);
        assert_eq!(safe(&format!("a.{}", "x".repeat(999))).unwrap().len(), 200);
        assert_eq!(with_ending(&"x".repeat(200), "image/png").len(), 200);
    }

    #[test]
    fn endings_say_what_the_type_says() {
        for (name, mime, expected) in [
            ("1f2e", "image/png", "1f2e.png"),
            ("1f2e", "audio/ogg; codecs=opus", "1f2e.ogg"),
            ("a.jpg", "image/png", "a.jpg"),
            ("a.JPG", "image/jpeg", "a.JPG"),
            ("download.php", "image/jpeg", "download.php.jpg"),
            ("report.2024", "application/pdf", "report.2024.pdf"),
            ("dr. smith", "text/vcard", "dr. smith.vcf"),
            ("a.docx", "application/zip", "a.docx"),
            ("voice.jpg", "audio/mpeg", "voice.jpg.mp3"),
            ("x", "image", "x"),
            ("x", "", "x"),
            ("x", "x-unheard/of", "x"),
        ] {
            assert_eq!(with_ending(name, mime), expected);
        }
    }
}
