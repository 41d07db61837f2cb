//! A contact's media as Rocket.Chat shows it.

use crate::text::i18n::Language;
use crate::text::{address, file_name, media_type, messages};
use crate::wire::rocketchat::{Attachment, AttachmentTitle};

/// One of the media that a contact sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactMedia<'a> {
    /// A MIME type, a bare kind such as `image`, `geo`, `unavailable`, or nothing.
    pub mime: &'a str,
    /// Where it is; for `geo`, latitude and longitude.
    pub url: &'a str,
}

/// A message's text and attachments for Rocket.Chat. Pictures, sound and video show natively, places
/// and other files as titled links; what is no link at all (Rocket.Chat would refuse the whole message
/// for it) stands in the text.
pub fn render(text: &str, media: &[ContactMedia<'_>], language: Language) -> (String, Vec<Attachment>) {
    let mut lines: Vec<&str> = Some(text).filter(|text| !text.is_empty()).into_iter().collect();
    let mut attachments = Vec::new();
    for item in media {
        match attachment(item, language) {
            Some(attachment) => attachments.push(attachment),
            None => lines.push(item.url),
        }
    }
    (lines.join("\n"), attachments)
}

/// One of the media as words and a link.
pub fn described(media: &ContactMedia<'_>, language: Language) -> String {
    let title = attachment(media, language).map(|attachment| attachment.title).unwrap_or_default();
    match (title.value, title.link) {
        (Some(words), Some(link)) => format!("{words}: {link}"),
        _ => media.url.to_owned(),
    }
}

/// A message's text with what is shown below it in words.
pub fn in_words(text: &str, attachments: &[Attachment]) -> String {
    let mut lines: Vec<String> = Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
    for AttachmentTitle { value, link, .. } in attachments.iter().map(|attachment| &attachment.title) {
        let words: Vec<&str> = [value, link].into_iter().flatten().map(String::as_str).collect();
        lines.push(words.join(": "));
    }
    lines.join("\n")
}

pub(crate) fn attachment(media: &ContactMedia<'_>, language: Language) -> Option<Attachment> {
    let kind = media_type::kind(media.mime);
    if kind == "geo" {
        let place = place(media.url)?;
        return Some(link(messages::LOCATION.filled(language, &[("place", media.url)]), place));
    }
    let url = address::normal(media.url)?;
    let shown = link(title(media, language), url.clone());
    Some(match kind.as_str() {
        "image" => Attachment { image_url: Some(url), ..shown },
        "audio" => Attachment { audio_url: Some(url), ..shown },
        "video" => Attachment { video_url: Some(url), ..shown },
        _ => shown,
    })
}

pub(crate) fn link(words: String, url: String) -> Attachment {
    let title = AttachmentTitle { value: Some(words), link: Some(url), display_download_link: Some(true) };
    Attachment { title, ..Attachment::default() }
}

/// The file's name, or what kind of thing it is.
pub fn title(media: &ContactMedia<'_>, language: Language) -> String {
    let kind = media_type::kind(media.mime);
    if kind == "unavailable" {
        return messages::UNAVAILABLE.in_language(language).to_owned();
    }
    let name = address::normal(media.url).as_deref().and_then(file_name::in_address);
    name.or_else(|| media_type::essence(media.mime)).unwrap_or_else(|| match kind.as_str() {
        "" => messages::FILE.in_language(language).to_owned(),
        _ => kind,
    })
}

/// A link to a map, for `latitude,longitude` in degrees.
pub(crate) fn place(coordinates: &str) -> Option<String> {
    let (latitude, longitude) = coordinates.split_once(',')?;
    let (latitude, longitude) = (latitude.trim(), longitude.trim());
    let known = is_degrees(latitude, 90) && is_degrees(longitude, 180);
    known.then(|| format!("https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"))
}

/// Whether this is a decimal number between `-most` and `most`.
fn is_degrees(text: &str, most: u16) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && whole.parse::<u16>().is_ok_and(|degrees| degrees <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::i18n::Language;
    use crate::wire::rocketchat::Attachment;

    #[track_caller]
    fn shown(mime: &str, url: &str) -> Attachment {
        let (text, attachments) = render("", &[ContactMedia { mime, url }], Language::English);
        assert_eq!(text, "");
        attachments.into_iter().next().unwrap()
    }

    #[test]
    fn pictures_sound_and_video_show_natively() {
        let url = "https://host/media/a%20b.jpg?x=1";
        assert_eq!(shown("image/jpeg", url).image_url.as_deref(), Some(url));
        assert_eq!(shown("image", url).image_url.as_deref(), Some(url));
        assert_eq!(shown("audio/mp4", url).audio_url.as_deref(), Some(url));
        assert_eq!(shown("video/mp4", url).video_url.as_deref(), Some(url));
        assert_eq!(shown("image/jpeg", url).title.value.as_deref(), Some("a b.jpg"));
    }

    #[test]
    fn types_count_without_parameters_and_case() {
        let url = "https://host/a";
        assert_eq!(shown("IMAGE/JPEG", url).image_url.as_deref(), Some(url));
        assert_eq!(shown("Audio/Ogg;codecs=opus", url).audio_url.as_deref(), Some(url));
        assert_eq!(shown(" video ; x=y", url).video_url.as_deref(), Some(url));
        assert_eq!(shown("text/vcard; charset=utf-8", "https://host/").title.value.as_deref(), Some("text/vcard"));
        assert_eq!(shown("GEO", "1,2").title.value.as_deref(), Some("Location: 1,2"));
    }

    #[test]
    fn links_work_and_names_are_readable() {
        let file = shown("application/pdf", "HTTPS://Host/a/Relatório médico (1).pdf");
        assert_eq!(file.title.link.as_deref(), Some("https://host/a/Relat%C3%B3rio%20m%C3%A9dico%20(1).pdf"));
        assert_eq!(file.title.value.as_deref(), Some("Relatório médico (1).pdf"));
        let arabic = shown("image/png", "https://host/%D8%AA%D9%82.png");
        assert_eq!(arabic.title.value.as_deref(), Some("تق.png"));
        assert_eq!(arabic.image_url.as_deref(), Some("https://host/%D8%AA%D9%82.png"));
    }

    #[test]
    fn other_files_are_titled_links() {
        let pdf = shown("application/pdf", "https://host/report.pdf");
        assert_eq!(pdf.title.link.as_deref(), Some("https://host/report.pdf"));
        assert_eq!(pdf.title.value.as_deref(), Some("report.pdf"));
        assert_eq!(pdf.image_url, None);
        assert_eq!(shown("", "https://host/").title.value.as_deref(), Some("File"));
        assert_eq!(shown("application/pdf", "https://host").title.value.as_deref(), Some("application/pdf"));
    }

    #[test]
    fn places_lead_to_a_map() {
        let place = shown("geo", "-1.95,30.06");
        assert_eq!(place.title.link.as_deref(), Some("https://www.openstreetmap.org/?mlat=-1.95&mlon=30.06"));
        assert_eq!(place.title.value.as_deref(), Some("Location: -1.95,30.06"));
    }

    #[test]
    fn words_with_a_link() {
        let say = |mime, url| described(&ContactMedia { mime, url }, Language::English);
        assert_eq!(say("image/png", "https://host/a/b.png?x=1"), "b.png: https://host/a/b.png?x=1");
        assert_eq!(say("image/png", "https://host/Saúde é.png"), "Saúde é.png: https://host/Sa%C3%BAde%20%C3%A9.png");
        assert_eq!(say("geo", "1,2"), "Location: 1,2: https://www.openstreetmap.org/?mlat=1&mlon=2");
        assert_eq!(say("image/png", "not a url"), "not a url");
    }

    #[test]
    fn what_is_no_link_stands_in_the_text() {
        let media = [ContactMedia { mime: "image/png", url: "not a url" }, ContactMedia { mime: "geo", url: "here" }];
        assert_eq!(render("look", &media, Language::English), ("look\nnot a url\nhere".to_owned(), Vec::new()));
        let far = [ContactMedia { mime: "geo", url: "91,0" }, ContactMedia { mime: "geo", url: "1.,2" }];
        assert_eq!(render("", &far, Language::English), ("91,0\n1.,2".to_owned(), Vec::new()));
    }
}
