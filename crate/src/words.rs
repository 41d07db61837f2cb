//! What people read, in the languages that the app speaks. The words of its settings are in `i18n/`; what RapidPro's log
//! and the server's log show is English.

use crate::host::Host;

/// A language that the app speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Where the app does not speak what is wanted.
    #[default]
    English,
    /// As written in Brazil.
    Portuguese,
    /// As written in Latin America.
    Spanish,
    /// As written in France.
    French,
}

impl Language {
    /// That of a tag such as `pt-BR` (BCP 47).
    pub fn of(tag: &str) -> Self {
        match tag.get(..2).unwrap_or_default().to_ascii_lowercase().as_str() {
            "pt" => Self::Portuguese,
            "es" => Self::Spanish,
            "fr" => Self::French,
            _ => Self::English,
        }
    }

    /// The server's; English where it cannot be read, since what is to be said matters more.
    pub async fn of_server(host: &Host) -> Self {
        let known = &host.memory().language;
        if let Some(language) = known.get(host.now()) {
            return language;
        }
        let tag = host.server_setting("Language").await.ok();
        let language = Self::of(tag.as_ref().and_then(|tag| tag.as_str()).unwrap_or_default());
        known.put(host.now(), language);
        language
    }
}

/// A text in all languages: a line each, in the order of [`Language`]. Names in braces stand for what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(&'static str);

impl Text {
    /// The text as it stands.
    pub fn in_language(self, language: Language) -> &'static str {
        self.0.lines().nth(language as usize).unwrap_or_default()
    }

    /// The text with `values` in place of their names.
    pub fn filled(self, language: Language, values: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let mut parts = self.in_language(language).split('{');
        text.push_str(parts.next().unwrap_or_default());
        for (name, after) in parts.filter_map(|part| part.split_once('}')) {
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(value.map_or(name, |(_, value)| value));
            text.push_str(after);
        }
        text
    }
}

/// A text with what is filled in, for whoever reads it first in one language and then in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    text: Text,
    values: Vec<(&'static str, String)>,
}

impl Phrase {
    /// A text with `values` in place of their names.
    pub fn new(text: Text, values: Vec<(&'static str, String)>) -> Self {
        Self { text, values }
    }

    /// The same in every language: what a server says.
    pub fn quoted(words: String) -> Self {
        Self::new(QUOTED, vec![("words", words)])
    }

    /// The phrase in one language.
    pub fn in_language(&self, language: Language) -> String {
        let values: Vec<(&str, &str)> = self.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.text.filled(language, &values)
    }

    /// The phrase as the logs have it.
    pub fn in_log(&self) -> String {
        self.in_language(Language::English)
    }
}

impl From<Text> for Phrase {
    fn from(text: Text) -> Self {
        Self::new(text, Vec::new())
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $english:literal, $portuguese:literal, $spanish:literal, $french:literal;)*) => {
        $($(#[$doc])* pub const $name: Text = Text(concat!($english, "\n", $portuguese, "\n", $spanish, "\n", $french));)*

        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    /// The comment with which a room is closed that RapidPro closes.
    CLOSED_IN_RAPIDPRO:
        "Closed in RapidPro",
        "Fechado no RapidPro",
        "Cerrado en RapidPro",
        "Fermé dans RapidPro";
    /// What stands for itself.
    QUOTED: "{words}", "{words}", "{words}", "{words}";

    /// An agent's message was given up.
    GIVEN_UP:
        "This message did not reach the contact: “{quote}”. {reason}. Reach the contact another way, or ask the administrator.",
        "Esta mensagem não chegou ao contato: “{quote}”. {reason}. Fale com o contato por outro meio ou avise o administrador.",
        "Este mensaje no llegó al contacto: «{quote}». {reason}. Comuníquese con el contacto por otro medio o avise al administrador.",
        "Ce message n’est pas parvenu au contact : « {quote} ». {reason}. Joignez le contact autrement ou prévenez l’administrateur.";
    /// A reason.
    EXPIRED:
        "RapidPro did not answer for three days",
        "O RapidPro não respondeu durante três dias",
        "RapidPro no respondió durante tres días",
        "RapidPro n’a pas répondu pendant trois jours";
    /// A reason.
    ANSWERED:
        "RapidPro answered {status}: {body}",
        "O RapidPro respondeu {status}: {body}",
        "RapidPro respondió {status}: {body}",
        "RapidPro a répondu {status} : {body}";
    /// An agent's files are too large for RapidPro.
    TOO_LARGE:
        "Too large for RapidPro, which takes files of up to 10 MiB: {names}. The contact got only the name.",
        "Grande demais para o RapidPro, que aceita arquivos de até 10 MiB: {names}. O contato recebeu só o nome.",
        "Demasiado grande para RapidPro, que acepta archivos de hasta 10 MiB: {names}. El contacto recibió solo el nombre.",
        "Trop volumineux pour RapidPro, qui accepte des fichiers jusqu’à 10 Mio : {names}. Le contact n’a reçu que le nom.";
    /// What the contact gets in place of such a file.
    NOT_SENT:
        "{name} (too large to be sent)",
        "{name} (grande demais para ser enviado)",
        "{name} (demasiado grande para enviarse)",
        "{name} (trop volumineux pour être envoyé)";
    /// A contact's message was given up.
    NOT_POSTED:
        "The contact wrote this, which could not be posted here: “{quote}”. {reason}.",
        "O contato escreveu isto, que não pôde ser publicado aqui: “{quote}”. {reason}.",
        "El contacto escribió esto, que no se pudo publicar aquí: «{quote}». {reason}.",
        "Le contact a écrit ceci, qui n’a pas pu être publié ici : « {quote} ». {reason}.";
    /// A reason.
    ROOM_WAS_CLOSED:
        "The room was closed",
        "A sala foi fechada",
        "La sala se cerró",
        "Le salon a été fermé";
    /// A reason.
    NO_ROOM_ANY_MORE:
        "The contact has no open room any more",
        "O contato já não tem uma sala aberta",
        "El contacto ya no tiene ninguna sala abierta",
        "Le contact n’a plus de salon ouvert";
    /// Somebody wrote where the ticket has ended.
    NOBODY_READS:
        "The ticket of this room has ended: nothing that is written here reaches the contact any more.",
        "O ticket desta sala terminou: nada do que se escreve aqui chega mais ao contato.",
        "El ticket de esta sala terminó: nada de lo que se escriba aquí llega ya al contacto.",
        "Le ticket de ce salon est terminé : rien de ce qui est écrit ici ne parvient plus au contact.";
    /// RapidPro closed a ticket whose room Rocket.Chat does not close.
    PLEASE_CLOSE:
        "The ticket was closed in RapidPro: nothing that is written here reaches the contact any more. Please close this room.",
        "O ticket foi fechado no RapidPro: nada do que se escreve aqui chega mais ao contato. Por favor, feche esta sala.",
        "El ticket se cerró en RapidPro: nada de lo que se escriba aquí llega ya al contacto. Por favor, cierre esta sala.",
        "Le ticket a été fermé dans RapidPro : rien de ce qui est écrit ici ne parvient plus au contact. Veuillez fermer ce salon.";
    /// RapidPro has not taken messages for a while.
    OUTAGE:
        "RapidPro is not answering: your messages are kept and will be sent, in order, as soon as it does.",
        "O RapidPro não está respondendo: suas mensagens estão guardadas e serão enviadas, na ordem, assim que ele responder.",
        "RapidPro no responde: sus mensajes están guardados y se enviarán, en orden, en cuanto responda.",
        "RapidPro ne répond pas : vos messages sont conservés et seront envoyés, dans l’ordre, dès qu’il répondra.";
    /// It takes them again.
    OUTAGE_IS_OVER:
        "RapidPro is answering again: your messages are being sent.",
        "O RapidPro voltou a responder: suas mensagens estão sendo enviadas.",
        "RapidPro vuelve a responder: sus mensajes se están enviando.",
        "RapidPro répond de nouveau : vos messages sont en cours d’envoi.";

    /// RapidPro did not give the history at once.
    HISTORY_IS_LATE:
        "What the contact and the bot said before could not be fetched from RapidPro yet. It will follow.",
        "O que o contato e o robô disseram antes ainda não pôde ser obtido do RapidPro. Virá em seguida.",
        "Lo que el contacto y el bot dijeron antes todavía no se pudo obtener de RapidPro. Llegará después.",
        "Ce que le contact et le robot ont dit avant n’a pas encore pu être obtenu de RapidPro. Cela suivra.";
    /// It never will.
    NO_HISTORY:
        "*Earlier messages could not be fetched from RapidPro*: {reason}.",
        "*Não foi possível obter as mensagens anteriores do RapidPro*: {reason}.",
        "*No se pudieron obtener de RapidPro los mensajes anteriores*: {reason}.",
        "*Les messages précédents n’ont pas pu être obtenus de RapidPro* : {reason}.";
    /// A reason.
    TOKEN_REFUSED:
        "it refuses the API token of the app's settings",
        "ele recusa o token de API das configurações do aplicativo",
        "rechaza el token de API de los ajustes de la aplicación",
        "il refuse le jeton d’API des réglages de l’application";
    /// A reason.
    MAKES_NO_SENSE:
        "its answer makes no sense",
        "a resposta dele não faz sentido",
        "su respuesta no tiene sentido",
        "sa réponse n’a pas de sens";
    /// A reason.
    ANSWERS:
        "it answers {status}",
        "ele responde {status}",
        "responde {status}",
        "il répond {status}";
    /// A reason.
    DOES_NOT_ANSWER:
        "it does not answer",
        "ele não responde",
        "no responde",
        "il ne répond pas";
    /// The heading of a history.
    HISTORY:
        "*Earlier messages* (times: {time_zone})",
        "*Mensagens anteriores* (horários: {time_zone})",
        "*Mensajes anteriores* (horas: {time_zone})",
        "*Messages précédents* (heures : {time_zone})";
    /// The heading where it goes on.
    MORE_HISTORY:
        "*Earlier messages, continued*",
        "*Mensagens anteriores, continuação*",
        "*Mensajes anteriores, continuación*",
        "*Messages précédents, suite*";
    /// The name of a contact without one.
    CONTACT: "Contact", "Contato", "Contacto", "Contact";
    /// After a message that the bot could not send.
    UNSENT: "_(not delivered)_", "_(não entregue)_", "_(no entregado)_", "_(non remis)_";

    /// A contact's place, in degrees.
    LOCATION: "Location: {place}", "Localização: {place}", "Ubicación: {place}", "Position : {place}";
    /// A contact's file without a name.
    FILE: "File", "Arquivo", "Archivo", "Fichier";
    /// One that RapidPro does not have.
    UNAVAILABLE:
        "File that RapidPro could not fetch",
        "Arquivo que o RapidPro não conseguiu obter",
        "Archivo que RapidPro no pudo obtener",
        "Fichier que RapidPro n’a pas pu obtenir";

    /// The comment with which the room is closed that gives way to another one.
    GAVE_WAY:
        "Opened twice at once; the other room goes on",
        "Aberta duas vezes ao mesmo tempo; a outra sala continua",
        "Abierta dos veces a la vez; la otra sala continúa",
        "Ouvert deux fois en même temps ; l’autre salon continue";
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 4] = [Language::English, Language::Portuguese, Language::Spanish, Language::French];
    /// Texts that are the same in two languages.
    const ALIKE: &[&str] = &["QUOTED", "CONTACT"];

    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).map(|part| part.split_once('}').expect("a closed brace").0).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_names() {
        for (name, text) in ALL {
            let english = text.in_language(Language::English);
            assert_eq!(text.0.lines().count(), LANGUAGES.len(), "{name}");
            for language in LANGUAGES {
                let own = text.in_language(language);
                assert!(!own.is_empty() && own == own.trim(), "{name} in {language:?}");
                assert_eq!(names(own), names(english), "{name} in {language:?}");
                assert!(
                    language == Language::English || own != english || ALIKE.contains(name),
                    "{name} in {language:?}"
                );
            }
        }
    }

    #[test]
    fn values_are_filled_in_and_stay_as_they_are() {
        let text = Text("{a} and {b}\n");
        assert_eq!(text.filled(Language::English, &[("a", "{b}"), ("b", "é")]), "{b} and é");
        assert_eq!(text.filled(Language::English, &[("a", "x")]), "x and b", "a name without a value stays");
    }

    #[test]
    fn languages_are_known_by_their_tags() {
        for (tag, language) in [
            ("pt-BR", Language::Portuguese),
            ("ES", Language::Spanish),
            ("fr", Language::French),
            ("en", Language::English),
            ("zh-HK", Language::English),
            ("é", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }
}
