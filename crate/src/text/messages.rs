//! What people read, in the languages that the app speaks: the texts themselves are in `crate/i18n/`, those of its
//! settings in `i18n/`. What RapidPro's log and the server's log show is English.

use std::collections::BTreeMap;

use crate::text::i18n::{Phrase, Text};

/// The reasons why a message is given up, with the names of what is filled in.
const GIVEN_UP_REASONS: &[(Text, &[&str])] = &[(EXPIRED, &[]), (ANSWERED, &["status", "body"]), (STUCK, &["count"])];

/// Why a message was given up, by the key of the text and the values, as they were stored. `None` where the key is that
/// of no reason: another version may have stored it.
pub fn given_up_reason(key: &str, values: &BTreeMap<String, String>) -> Option<Phrase> {
    let (text, names) = GIVEN_UP_REASONS.iter().find(|(text, _)| text.0 == key)?;
    let value = |name: &&'static str| (*name, values.get(*name).cloned().unwrap_or_default());
    Some(Phrase::new(*text, names.iter().map(value).collect()))
}

/// A constant for each text, and for the tests the list of them.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $key:literal;)*) => {
        $($(#[$doc])* pub const $name: Text = Text::new($key);)*

        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    // Notices in a room, and the reasons that they give.

    /// The comment of a room that is closed because RapidPro closed its ticket.
    CLOSED_IN_RAPIDPRO = "closed_in_rapidpro";
    /// The comment of a room that is closed because the same ticket has another one.
    GAVE_WAY = "gave_way";
    /// To agents, when a message of theirs became a dead letter. `{quote}`: its beginning; `{reason}`: one of the
    /// reasons below.
    GIVEN_UP = "given_up";
    /// A reason: RapidPro was away for as long as the outbox keeps messages.
    EXPIRED = "expired";
    /// A reason: RapidPro rejected the message. `{status}`: of HTTP; `{body}`: what its answer says.
    ANSWERED = "answered";
    /// A reason: RapidPro took others, but not this one in `{count}` attempts.
    STUCK = "stuck";
    /// A reason: Rocket.Chat, or the network, took too long.
    TIMED_OUT = "timed_out";
    /// A reason: Rocket.Chat gave nothing back, as it does where `{permission}` was not granted.
    DENIED = "denied";
    /// A reason: Rocket.Chat, or the network, answered what the app cannot read.
    UNREADABLE = "unreadable";
    /// To agents, when files of theirs, `{names}`, are larger than RapidPro takes.
    TOO_LARGE = "too_large";
    /// To the contact, in place of such a file, `{name}`.
    NOT_SENT = "not_sent";
    /// To agents, when a message of the contact could not be posted. `{quote}`: its beginning; `{reason}`: why.
    NOT_POSTED = "not_posted";
    /// The same where whatever refuses the words would refuse their quote, too.
    NOT_POSTED_NOR_QUOTED = "not_posted_nor_quoted";
    /// A reason: Rocket.Chat refuses a contact's message again and again, and takes others.
    REFUSED_AGAIN = "refused_again";
    /// A reason: the room was closed before the contact's message could be posted.
    ROOM_WAS_CLOSED = "room_was_closed";
    /// A reason: the contact has no open room for the message.
    NO_ROOM_ANY_MORE = "no_room_any_more";
    /// To agents, when a message of theirs has neither words nor files nor links.
    NOTHING_TO_SEND = "nothing_to_send";
    /// To agents, when only the names of forwarded files, `{names}`, could be sent.
    NAME_ONLY = "name_only";
    /// In the room, in place of what the contact sent and RapidPro has no words for.
    CANNOT_BE_SHOWN = "cannot_be_shown";
    /// To whoever writes in a room whose ticket has ended.
    NOBODY_READS = "nobody_reads";
    /// To agents, when RapidPro closed the ticket and Rocket.Chat does not let the app close the room.
    PLEASE_CLOSE = "please_close";
    /// The comment of a room that is closed because RapidPro names another contact by the token of its contact.
    REPLACED = "replaced";
    /// To agents, when that is so and Rocket.Chat does not let the app close the room.
    REPLACED_PLEASE_CLOSE = "replaced_please_close";
    /// To agents, when a room whose ticket has ended, or that others made, serves the contact's new ticket.
    SERVES_AGAIN = "serves_again";
    /// To agents, when RapidPro has not taken messages for a while.
    OUTAGE = "outage";
    /// To agents who were told of the outage, when RapidPro takes messages again.
    OUTAGE_IS_OVER = "outage_is_over";

    // The history, and what contacts send.

    /// In a new room, when RapidPro does not give the history at once.
    HISTORY_IS_LATE = "history_is_late";
    /// In a room, when the history will not come any more. `{reason}`: one of the next four.
    HISTORY_FAILED = "history_failed";
    /// A reason: RapidPro does not accept the API token.
    HISTORY_TOKEN_REFUSED = "history_token_refused";
    /// A reason: RapidPro's answer is not what its API gives.
    MAKES_NO_SENSE = "makes_no_sense";
    /// A reason: RapidPro answered with the HTTP `{status}`.
    HISTORY_ANSWERED = "history_answered";
    /// A reason: RapidPro could not be reached.
    DOES_NOT_ANSWER = "does_not_answer";
    /// The heading of a history. `{time_zone}`: that of its times.
    HISTORY = "history";
    /// The heading of a history's further messages in Rocket.Chat.
    MORE_HISTORY = "more_history";
    /// In a history, the name of a contact without one.
    CONTACT = "contact";
    /// In a history, after a message that did not reach the contact.
    UNSENT = "unsent";
    /// A place that the contact sent. `{place}`: its degrees.
    LOCATION = "location";
    /// A file that the contact sent, of unknown kind and without a name.
    FILE = "file";
    /// A file that the contact sent and that RapidPro does not have.
    UNAVAILABLE = "unavailable";

    // Answers to the slash command.

    /// The first line of the answer to `help`.
    HELP = "help";
    /// In the answer to `help`: what `status` does.
    HELP_STATUS = "help_status";
    /// In the answer to `help`: what `queue` does.
    HELP_QUEUE = "help_queue";
    /// In the answer to `help`: what `retry` does.
    HELP_RETRY = "help_retry";
    /// In the answer to `help`: what `history` does.
    HELP_HISTORY = "help_history";
    /// In the answer to `help`: what `help` does.
    HELP_HELP = "help_help";
    /// The answer to whoever lacks the role for what they typed.
    NOT_ALLOWED = "not_allowed";
    /// The answer when Rocket.Chat refuses. `{reason}`: why.
    DID_NOT_WORK = "did_not_work";
    /// The answer to `history` outside the room of an open ticket.
    NO_TICKET_HERE = "no_ticket_here";
    /// The answer to `history` without an API token or without the contact's UUID.
    NO_HISTORY = "no_history";
    /// The answer to `history` when it will be fetched.
    HISTORY_COMES = "history_comes";
    /// The answer to `retry`. `{count}`: of dead entries that are tried again.
    RETRIED = "retried";
    /// The answer to `queue` when nothing waits or failed.
    NOTHING_WAITS = "nothing_waits";
    /// The last line of an answer that had to leave something out.
    THERE_IS_MORE = "there_is_more";
    /// In the answer to `queue`: what waits for RapidPro. `{who}`: the room; `{count}`: of entries; `{age}`: of the
    /// oldest; `{next}`: until the next attempt; `{why}`: one of the three below.
    ROW_OUT = "row_out";
    /// In the answer to `queue`: what waits for Rocket.Chat. `{who}`: the room; `{count}`: of entries; `{age}`: of the
    /// oldest.
    ROW_IN = "row_in";
    /// In the answer to `queue`: dead entries. `{who}`: the room; `{count}`: of them; `{age}`: of the latest; `{why}`:
    /// its reason.
    ROW_FAILED = "row_failed";
    /// Why entries wait: RapidPro takes nothing at all.
    WHY_OUTAGE = "why_outage";
    /// Why entries wait: RapidPro does not take those of this ticket.
    WHY_REFUSED = "why_refused";
    /// Why entries wait: they have not failed.
    WHY_NEW = "why_new";

    /// To agents, when a flow told of a ticket that RapidPro never stored: the room is closed.
    NEVER_OPENED = "never_opened";
    /// To agents, when the channel did not deliver a message of theirs that RapidPro had taken. `{quote}`: its beginning.
    NOT_DELIVERED = "not_delivered";

    /// To agents, when RapidPro says at once that it cannot send a message. `{quote}`: its beginning.
    NOT_SENDABLE = "not_sendable";
    /// In a note on a ticket that was closed by `{name}`, so many `{minutes}` after it was opened.
    CLOSE_NOTE = "close_note";
    /// In the same: the agents' names, as `{value}`.
    CLOSE_NOTE_AGENTS = "close_note_agents";
    /// In the same: the department's name, as `{value}`.
    CLOSE_NOTE_DEPARTMENT = "close_note_department";
    /// In the same: the closing comment, as `{value}`.
    CLOSE_NOTE_COMMENT = "close_note_comment";

    // What keeps RapidPro's API from being read.

    /// It refuses the token, with the HTTP `{status}`.
    API_ROLE = "api_role";
    /// Something else answers, with the HTTP `{status}`.
    API_STRANGER = "api_stranger";
    /// It answers that it could not do its work, with the HTTP `{status}`.
    API_FAILING = "api_failing";
    /// Nobody answers.
    API_SILENT = "api_silent";
    /// It answers that it is asked too often.
    API_THROTTLED = "api_throttled";
    /// The app has asked as often as it allows itself.
    API_SPENT = "api_spent";

    // The answer to `status`, figure by figure.

    /// The value of a figure that holds.
    YES = "yes";
    /// The value of a figure that does not hold.
    NO = "no";
    /// The value of a figure without anything to list or name.
    NONE = "none";
    /// The RapidPro workspace that the settings do not name.
    MAIN_WORKSPACE = "main_workspace";
    /// A figure: the version of the app.
    VERSION = "version";
    /// A figure: the app's address for RapidPro.
    ADDRESS = "address";
    /// A figure: the permissions that the app lacks.
    MISSING_PERMISSIONS = "missing_permissions";
    /// A figure: the problems below.
    PROBLEMS = "problems";
    /// A figure: the RapidPro workspace that the following are about.
    WORKSPACE = "workspace";
    /// A figure: whether RapidPro has told where webhooks go.
    CONNECTED = "connected";
    /// A figure: the host that webhooks go to.
    CALLBACK_HOST = "callback_host";
    /// A figure: whether the circuit breaker is closed.
    ANSWERS = "answers";
    /// A figure: what keeps webhooks from RapidPro, one of the next seven.
    TROUBLE = "trouble";
    /// A trouble: the callback's address redirects to `{address}`.
    TROUBLE_REDIRECT = "trouble_redirect";
    /// A trouble: the callback's address redirects, and nobody says where to.
    TROUBLE_METHOD = "trouble_method";
    /// A trouble: RapidPro does not accept the secret.
    TROUBLE_SECRET = "trouble_secret";
    /// A trouble: RapidPro does not know the callback's address.
    TROUBLE_ADDRESS = "trouble_address";
    /// A trouble: RapidPro answers, with the HTTP `{status}`, that it could not do its work.
    TROUBLE_FAILING = "trouble_failing";
    /// A trouble: something else answers in RapidPro's place, with the HTTP `{status}`.
    TROUBLE_STRANGER = "trouble_stranger";
    /// The workspace is suspended in RapidPro.
    TROUBLE_SUSPENDED = "trouble_suspended";
    /// A trouble: nobody answers.
    TROUBLE_NO_ANSWER = "trouble_no_answer";
    /// A figure: when RapidPro last took something.
    LAST_SUCCESS = "last_success";
    /// A figure: how many messages of agents wait.
    QUEUED_MESSAGES = "queued_messages";
    /// A figure: how many closes wait.
    QUEUED_CLOSES = "queued_closes";
    /// A figure: how many messages of contacts wait.
    WAITING_CONTACTS_MESSAGES = "waiting_contacts_messages";
    /// A figure: how many dead entries there are.
    FAILED_MESSAGES = "failed_messages";
    /// A figure: whether the counts above are exact, not lower bounds.
    COMPLETE = "complete";
    /// A figure: whether RapidPro accepts the API token.
    TOKEN_ACCEPTED = "token_accepted";

    /// A figure: what RapidPro calls a workspace whose API is read.
    RAPIDPRO_WORKSPACE = "rapidpro_workspace";
    /// A figure: when its API was last read.
    LAST_READING = "last_reading";
    /// A figure: how many seconds ago that was.
    READING_AGE = "reading_age";
    /// A figure: how many requests of the last hour count against its limit.
    API_REQUESTS = "api_requests";

    // Problems with the settings, in the answer to `status` and in the log.

    /// No request of RapidPro can be let in.
    NO_SECRET = "no_secret";
    /// The server's setting `{what}` keeps agents from seeing any room of the app.
    TICKETS_HIDDEN = "tickets_hidden";
    /// Rocket.Chat refuses with `{what}`: only contacts can write.
    MONTHLY_LIMIT = "monthly_limit";
    /// The setting `public_address` holds `{what}`.
    BAD_ADDRESS = "bad_address";
    /// The setting `rapidpro_address` holds `{what}`.
    BAD_API_ADDRESS = "bad_api_address";
    /// The setting with the label `{what}` holds no whole number.
    NOT_A_NUMBER = "not_a_number";
    /// The setting with the label `{what}` holds a number below 0.
    NEGATIVE_NUMBER = "negative_number";
    /// The setting with the label `{what}` holds a number that is larger than the app takes.
    NUMBER_TOO_LARGE = "number_too_large";
    /// The label of the setting `history_hours`, as `i18n/` has it.
    HISTORY_HOURS = "history_hours";
    /// The label of the setting `history_messages`, as `i18n/` has it.
    HISTORY_MESSAGES = "history_messages";
    /// The label of the setting `retention_days`, as `i18n/` has it.
    RETENTION_DAYS = "retention_days";
    /// The label of the setting `reading_interval`, as `i18n/` has it.
    READING_INTERVAL = "reading_interval";
    /// The workspace is to be connected by RapidPro's API, and its address or token is missing.
    API_INCOMPLETE = "api_incomplete";
    /// Line `{what}` of the setting `more_workspaces` is not used.
    LINE_LEFT_OUT = "line_left_out";
    /// The setting `agent_name_form` lacks `{name}`.
    FORM_WITHOUT_NAME = "form_without_name";
    /// A default department is unknown. `{what}`: as configured.
    UNKNOWN_DEPARTMENT = "unknown_department";
    /// The setting `time_zone` holds `{what}`.
    UNKNOWN_TIME_ZONE = "unknown_time_zone";
    /// RapidPro does not accept the API token of the workspace `{what}`.
    TOKEN_REFUSED = "token_refused";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sort::sort;
    use crate::text::i18n::{Language, QUOTED};

    const LANGUAGES: [Language; 4] = [Language::English, Language::Portuguese, Language::Spanish, Language::French];
    /// Texts that are the same in two languages.
    const ALIKE: &[&str] = &["quoted", "contact", "no", "version"];

    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).map(|part| part.split_once('}').expect("a closed brace").0).collect();
        sort(&mut names);
        names
    }

    #[test]
    fn what_was_stored_of_a_reason_is_told_in_ones_own_language() {
        let told = |key: &str, values: &[(&str, &str)]| {
            let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            given_up_reason(key, &values).map(|reason| reason.in_language(Language::Spanish))
        };
        assert_eq!(told("expired", &[]).as_deref(), Some("RapidPro no respondió durante tres días"));
        let answered = told("answered", &[("body", "{a: b}"), ("status", "400"), ("new", "x")]);
        assert_eq!(answered.as_deref(), Some("RapidPro respondió 400: {a: b}"));
        assert_eq!(told("of_another_version", &[]), None);
    }

    /// People see both, so they must not differ.
    #[test]
    fn labels_of_settings_are_those_that_rocket_chat_shows() {
        for (language, shown) in [
            (Language::English, include_str!("../../../i18n/en.json")),
            (Language::Portuguese, include_str!("../../../i18n/pt.json")),
            (Language::Spanish, include_str!("../../../i18n/es.json")),
            (Language::French, include_str!("../../../i18n/fr.json")),
        ] {
            let shown: BTreeMap<String, String> = serde_json::from_str(shown).unwrap();
            for label in [HISTORY_HOURS, HISTORY_MESSAGES, RETENTION_DAYS, READING_INTERVAL] {
                assert_eq!(shown.get(label.0).map(String::as_str), Some(label.in_language(language)), "{language:?}");
            }
        }
    }

    #[test]
    fn every_constant_has_an_entry_and_every_entry_a_constant() {
        let mut keys: Vec<&str> = ALL.iter().map(|(_, text)| text.0).chain([QUOTED.0]).collect();
        sort(&mut keys);
        for language in LANGUAGES {
            assert!(language.catalogue().keys().eq(&keys), "{language:?}");
        }
        for (name, text) in ALL {
            assert_eq!(name.to_lowercase(), text.0, "a key is its constant's name");
        }
    }

    #[test]
    fn every_language_says_the_same_in_words_of_its_own() {
        for (Text(key), english) in ALL.iter().map(|(_, text)| (text, text.in_language(Language::English))) {
            for language in LANGUAGES {
                let own = Text(key).in_language(language);
                assert!(!own.is_empty() && own == own.trim(), "{key} in {language:?}");
                assert_eq!(names(own), names(english), "{key} in {language:?}");
                let is_own = language == Language::English || own != english;
                assert!(is_own || ALIKE.contains(key), "{key} in {language:?}");
            }
        }
    }

    #[test]
    fn a_text_that_no_catalogue_has_is_its_key() {
        assert_eq!(Text("unheard_of").in_language(Language::French), "unheard_of");
    }

    #[test]
    fn values_are_filled_in_and_stay_as_they_are() {
        // What no catalogue has stands for itself.
        let text = Text("{a} and {b}");
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
