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

    /// Why a message was given up, as it was stored: in the words of the log.
    pub fn of_given_up(stored: &str) -> Self {
        let answered =
            || stored.strip_prefix(ANSWERED.in_language(Language::English).split_once('{')?.0)?.split_once(": ");
        match answered() {
            Some((status, body)) => Self::new(ANSWERED, vec![("status", status.to_owned()), ("body", body.to_owned())]),
            None if stored == EXPIRED.in_language(Language::English) => EXPIRED.into(),
            None => Self::quoted(stored.to_owned()),
        }
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
    /// A reason: what Rocket.Chat, or the network, did.
    TIMED_OUT:
        "no answer in time",
        "não houve resposta a tempo",
        "no hubo respuesta a tiempo",
        "pas de réponse à temps";
    /// A reason.
    DENIED:
        "no answer to what needs the permission {permission}",
        "não houve resposta ao que precisa da permissão {permission}",
        "no hubo respuesta a lo que necesita el permiso {permission}",
        "pas de réponse à ce qui demande la permission {permission}";
    /// A reason.
    UNREADABLE:
        "an answer of an unknown shape",
        "uma resposta de forma desconhecida",
        "una respuesta de forma desconocida",
        "une réponse de forme inconnue";
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
    HISTORY_FAILED:
        "*Earlier messages could not be fetched from RapidPro*: {reason}.",
        "*Não foi possível obter as mensagens anteriores do RapidPro*: {reason}.",
        "*No se pudieron obtener de RapidPro los mensajes anteriores*: {reason}.",
        "*Les messages précédents n’ont pas pu être obtenus de RapidPro* : {reason}.";
    /// A reason.
    HISTORY_TOKEN_REFUSED:
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
    HISTORY_ANSWERED:
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

    // The slash command, and the problems of the settings.

    /// Help's first line.
    HELP:
        "RapidPro Tickets: what you may type",
        "RapidPro Tickets: o que você pode digitar",
        "RapidPro Tickets: lo que puede escribir",
        "RapidPro Tickets : ce que vous pouvez saisir";
    /// What `status` does.
    HELP_STATUS:
        "whether RapidPro is connected and answers, what waits and what is wrong",
        "se o RapidPro está conectado e responde, o que espera e o que está errado",
        "si RapidPro está conectado y responde, qué espera y qué va mal",
        "si RapidPro est connecté et répond, ce qui attend et ce qui ne va pas";
    /// What `queue` does.
    HELP_QUEUE:
        "which messages and closes wait or have failed, and why",
        "quais mensagens e encerramentos esperam ou falharam, e por quê",
        "qué mensajes y cierres esperan o han fallado, y por qué",
        "quels messages et clôtures attendent ou ont échoué, et pourquoi";
    /// What `retry` does.
    HELP_RETRY:
        "try at once whatever waits, and failed messages again",
        "tentar já tudo o que espera, e de novo as mensagens que falharam",
        "intentar ya todo lo que espera y, de nuevo, los mensajes fallidos",
        "essayer tout de suite ce qui attend, et à nouveau les messages qui ont échoué";
    /// What `history` does.
    HELP_HISTORY:
        "in a ticket’s room: fetch once more what was said before",
        "na sala de um ticket: buscar de novo o que foi dito antes",
        "en la sala de un ticket: buscar otra vez lo que se dijo antes",
        "dans le salon d’un ticket : récupérer à nouveau ce qui a été dit avant";
    /// What `help` does.
    HELP_HELP:
        "this list",
        "esta lista",
        "esta lista",
        "cette liste";
    /// The answer to whoever may not do what they typed.
    NOT_ALLOWED:
        "You may not do this. `/tickets help` shows what you may do.",
        "Você não pode fazer isso. `/tickets help` mostra o que você pode fazer.",
        "No puede hacer esto. `/tickets help` muestra lo que puede hacer.",
        "Vous ne pouvez pas faire cela. `/tickets help` montre ce que vous pouvez faire.";
    /// The answer where Rocket.Chat refuses.
    DID_NOT_WORK:
        "That did not work: {reason}. Try again in a while.",
        "Não funcionou: {reason}. Tente de novo daqui a pouco.",
        "No ha funcionado: {reason}. Inténtelo de nuevo dentro de un rato.",
        "Cela n’a pas marché : {reason}. Réessayez dans un moment.";
    /// The answer to `history` elsewhere.
    NO_TICKET_HERE:
        "Type this in the room of an open ticket.",
        "Digite isto na sala de um ticket aberto.",
        "Escriba esto en la sala de un ticket abierto.",
        "Saisissez cela dans le salon d’un ticket ouvert.";
    /// The answer to `history` where there can be none.
    NO_HISTORY:
        "There is nothing to fetch: the settings hold no API token for this workspace, or RapidPro did not say who the contact is.",
        "Não há nada para buscar: as configurações não têm token de API deste workspace, ou o RapidPro não disse quem é o contato.",
        "No hay nada que buscar: la configuración no tiene token de API de este espacio de trabajo, o RapidPro no dijo quién es el contacto.",
        "Il n’y a rien à récupérer : les paramètres n’ont pas de jeton d’API pour cet espace de travail, ou RapidPro n’a pas dit qui est le contact.";
    /// The answer to `history`.
    HISTORY_COMES:
        "What was said before is being fetched from RapidPro. What this room shows already is not shown again.",
        "O que foi dito antes está sendo buscado no RapidPro. O que esta sala já mostra não é mostrado de novo.",
        "Se está buscando en RapidPro lo que se dijo antes. Lo que esta sala ya muestra no se muestra otra vez.",
        "Ce qui a été dit avant est en cours de récupération dans RapidPro. Ce que ce salon montre déjà n’est pas montré à nouveau.";
    /// The answer to `retry`.
    RETRIED:
        "Everything that waits is tried now. Failed messages that are tried again: {count}. Those of closed tickets are not.",
        "Tudo o que espera é tentado agora. Mensagens que falharam e são tentadas de novo: {count}. As de tickets fechados não são.",
        "Ahora se intenta todo lo que espera. Mensajes fallidos que se intentan de nuevo: {count}. Los de tickets cerrados no.",
        "Tout ce qui attend est essayé maintenant. Messages en échec qui sont essayés à nouveau : {count}. Ceux des tickets fermés ne le sont pas.";
    /// The answer to `queue` where there is nothing to show.
    NOTHING_WAITS:
        "Nothing waits, and nothing has failed.",
        "Nada espera, e nada falhou.",
        "No hay nada en espera ni nada ha fallado.",
        "Rien n’attend, et rien n’a échoué.";
    /// The end of an answer that does not show all.
    THERE_IS_MORE:
        "There is more than is shown here.",
        "Há mais do que se mostra aqui.",
        "Hay más de lo que se muestra aquí.",
        "Il y a plus que ce qui est montré ici.";
    /// What waits of a room.
    ROW_OUT:
        "• {who}: {count} for RapidPro, waiting for {age}, next attempt in {next}. {why}",
        "• {who}: {count} para o RapidPro, esperando há {age}, próxima tentativa em {next}. {why}",
        "• {who}: {count} para RapidPro, en espera desde hace {age}, próximo intento en {next}. {why}",
        "• {who} : {count} pour RapidPro, en attente depuis {age}, prochain essai dans {next}. {why}";
    /// What waits of a contact.
    ROW_IN:
        "• {who}: {count} of the contact for Rocket.Chat, waiting for {age}",
        "• {who}: {count} do contato para o Rocket.Chat, esperando há {age}",
        "• {who}: {count} del contacto para Rocket.Chat, en espera desde hace {age}",
        "• {who} : {count} du contact pour Rocket.Chat, en attente depuis {age}";
    /// What failed of a room.
    ROW_FAILED:
        "• {who}: {count} failed, last {age} ago. {why}",
        "• {who}: {count} com falha, a última há {age}. {why}",
        "• {who}: {count} con fallo, el último hace {age}. {why}",
        "• {who} : {count} en échec, dernier il y a {age}. {why}";
    /// Why everything waits.
    WHY_OUTAGE:
        "RapidPro does not answer or must be connected anew.",
        "O RapidPro não responde ou precisa ser conectado de novo.",
        "RapidPro no responde o hay que conectarlo de nuevo.",
        "RapidPro ne répond pas ou doit être reconnecté.";
    /// Why something waits.
    WHY_REFUSED:
        "RapidPro does not take it for this ticket yet.",
        "O RapidPro ainda não aceita para este ticket.",
        "RapidPro aún no lo acepta para este ticket.",
        "RapidPro ne l’accepte pas encore pour ce ticket.";
    /// Why what waits is no cause for concern.
    WHY_NEW:
        "It is being sent.",
        "Está sendo enviado.",
        "Se está enviando.",
        "C’est en cours d’envoi.";
    /// That something is so.
    YES: "yes", "sim", "sí", "oui";
    /// That it is not.
    NO: "no", "não", "no", "non";
    /// That there are no such things.
    NONE: "none", "nenhum", "ninguno", "aucun";
    /// The name of the workspace that has none.
    MAIN_WORKSPACE: "main", "principal", "principal", "principal";
    /// A figure of `status`: the version.
    VERSION: "Version", "Versão", "Versión", "Version";
    /// A figure of `status`: where RapidPro finds the app.
    ADDRESS:
        "Address to paste into RapidPro",
        "Endereço para colar no RapidPro",
        "Dirección para pegar en RapidPro",
        "Adresse à coller dans RapidPro";
    /// A figure of `status`: permissions.
    MISSING_PERMISSIONS:
        "Missing permissions",
        "Permissões que faltam",
        "Permisos que faltan",
        "Autorisations manquantes";
    /// A figure of `status`: problems.
    PROBLEMS:
        "Problems of the settings",
        "Problemas das configurações",
        "Problemas de la configuración",
        "Problèmes des paramètres";
    /// A figure of `status`: whose the following are.
    WORKSPACE: "Workspace", "Workspace do RapidPro", "Espacio de trabajo", "Espace de travail";
    /// A figure of `status`: whether there is a callback.
    CONNECTED:
        "RapidPro is connected",
        "O RapidPro está conectado",
        "RapidPro está conectado",
        "RapidPro est connecté";
    /// A figure of `status`: its host.
    CALLBACK_HOST:
        "Host that webhooks go to",
        "Host que recebe os webhooks",
        "Host que recibe los webhooks",
        "Hôte qui reçoit les webhooks";
    /// A figure of `status`: the breaker.
    ANSWERS:
        "RapidPro answers",
        "O RapidPro responde",
        "RapidPro responde",
        "RapidPro répond";
    /// A figure of `status`: a time.
    LAST_SUCCESS:
        "Last message or close that RapidPro took",
        "Última mensagem ou encerramento que o RapidPro aceitou",
        "Último mensaje o cierre que RapidPro aceptó",
        "Dernier message ou clôture que RapidPro a accepté";
    /// A figure of `status`: what the token is worth.
    TOKEN_ACCEPTED:
        "RapidPro accepts the API token",
        "O RapidPro aceita o token de API",
        "RapidPro acepta el token de API",
        "RapidPro accepte le jeton d’API";
    /// A figure of `status`: messages.
    QUEUED_MESSAGES:
        "Agents’ messages that wait for RapidPro",
        "Mensagens de agentes que esperam pelo RapidPro",
        "Mensajes de agentes que esperan a RapidPro",
        "Messages d’agents qui attendent RapidPro";
    /// A figure of `status`: closes.
    QUEUED_CLOSES:
        "Closes that wait for RapidPro",
        "Encerramentos que esperam pelo RapidPro",
        "Cierres que esperan a RapidPro",
        "Clôtures qui attendent RapidPro";
    /// A figure of `status`: letters.
    WAITING_CONTACTS_MESSAGES:
        "Contacts’ messages that wait for Rocket.Chat",
        "Mensagens de contatos que esperam pelo Rocket.Chat",
        "Mensajes de contactos que esperan a Rocket.Chat",
        "Messages de contacts qui attendent Rocket.Chat";
    /// A figure of `status`: what was given up.
    FAILED_MESSAGES:
        "Agents’ messages that RapidPro never took",
        "Mensagens de agentes que o RapidPro nunca aceitou",
        "Mensajes de agentes que RapidPro nunca aceptó",
        "Messages d’agents que RapidPro n’a jamais acceptés";
    /// A figure of `status`: whether the counts are no lower bounds.
    COMPLETE:
        "All of them were counted",
        "Todos foram contados",
        "Se contaron todos",
        "Tous ont été comptés";
    /// A problem: nobody can be let in.
    NO_SECRET:
        "No secret is configured yet: paste RapidPro’s into the setting App Secret",
        "Nenhum segredo foi configurado ainda: cole o do RapidPro na configuração Segredo do aplicativo",
        "Aún no hay ningún secreto configurado: pegue el de RapidPro en el ajuste Secreto de la aplicación",
        "Aucun secret n’est encore configuré : collez celui de RapidPro dans le paramètre Secret de l’application";
    /// A problem: the setting **Address for RapidPro**.
    BAD_ADDRESS:
        "The address for RapidPro is no http or https URL and is not used: {what}",
        "O endereço para o RapidPro não é uma URL http ou https e não é usado: {what}",
        "La dirección para RapidPro no es una URL http o https y no se usa: {what}",
        "L’adresse pour RapidPro n’est pas une URL http ou https et n’est pas utilisée : {what}";
    /// A problem: the setting **RapidPro's address**.
    BAD_API_ADDRESS:
        "RapidPro’s own address is no http or https URL and is not used: {what}",
        "O endereço do próprio RapidPro não é uma URL http ou https e não é usado: {what}",
        "La dirección del propio RapidPro no es una URL http o https y no se usa: {what}",
        "L’adresse de RapidPro lui-même n’est pas une URL http ou https et n’est pas utilisée : {what}";
    /// A problem: a setting that holds a number.
    BAD_NUMBER:
        "The setting `{what}` is no whole number: the default counts",
        "A configuração `{what}` não é um número inteiro: vale o valor padrão",
        "El ajuste `{what}` no es un número entero: vale el valor predeterminado",
        "Le paramètre `{what}` n’est pas un nombre entier : la valeur par défaut compte";
    /// A problem: the setting **More workspaces**.
    LINE_LEFT_OUT:
        "line {what} of the setting More workspaces is left out: it must be `name; secret=…; token=…; department=…`, and no name or secret may come twice",
        "a linha {what} da configuração Outros espaços de trabalho é ignorada: deve ser `nome; secret=…; token=…; department=…`, e nenhum nome ou segredo pode se repetir",
        "la línea {what} del ajuste Más espacios de trabajo se ignora: debe ser `nombre; secret=…; token=…; department=…`, y ningún nombre ni secreto puede repetirse",
        "la ligne {what} du paramètre Autres espaces de travail est ignorée : elle doit être `nom; secret=…; token=…; department=…`, et aucun nom ni secret ne peut revenir deux fois";
    /// A problem: the setting **Form of agent names**.
    FORM_WITHOUT_NAME:
        "The form of agent names does not say where the name goes: the default counts",
        "A forma dos nomes dos agentes não diz onde vai o nome: vale o valor padrão",
        "La forma de los nombres de los agentes no dice dónde va el nombre: vale el valor predeterminado",
        "La forme des noms des agents ne dit pas où va le nom : la valeur par défaut compte";
    /// A problem: a default department.
    UNKNOWN_DEPARTMENT:
        "Rocket.Chat does not know the default department, or the app lacks `livechat-department.read`: {what}",
        "O Rocket.Chat não conhece o departamento padrão, ou falta ao aplicativo `livechat-department.read`: {what}",
        "Rocket.Chat no conoce el departamento predeterminado, o a la aplicación le falta `livechat-department.read`: {what}",
        "Rocket.Chat ne connaît pas le département par défaut, ou il manque à l’application `livechat-department.read` : {what}";
    /// A problem: the setting **Time zone**.
    UNKNOWN_TIME_ZONE:
        "The time zone is unknown, the server’s own is used: {what}",
        "O fuso horário é desconhecido, é usado o do servidor: {what}",
        "La zona horaria es desconocida, se usa la del servidor: {what}",
        "Le fuseau horaire est inconnu, celui du serveur est utilisé : {what}";
    /// A problem: an API token.
    TOKEN_REFUSED:
        "RapidPro refuses the API token of the workspace {what}",
        "O RapidPro recusa o token de API do workspace {what}",
        "RapidPro rechaza el token de API del espacio de trabajo {what}",
        "RapidPro refuse le jeton d’API de l’espace de travail {what}";
    /// What a message has cannot be sent to the contact.
    NOTHING_TO_SEND:
        "The last message did not reach the contact: it has no words, files or links that can be sent. Write it as text.",
        "A última mensagem não chegou ao contato: não tem palavras, arquivos nem links que possam ser enviados. Escreva-a como texto.",
        "El último mensaje no llegó al contacto: no tiene palabras, archivos ni enlaces que se puedan enviar. Escríbalo como texto.",
        "Le dernier message n’est pas parvenu au contact : il n’a ni mots, ni fichiers, ni liens à envoyer. Écrivez-le sous forme de texte.";
    /// Files of other rooms that were forwarded.
    NAME_ONLY:
        "The contact got only the name of: {names}. The file belongs to another room or is gone: upload it here to send it.",
        "O contato recebeu só o nome de: {names}. O arquivo pertence a outra sala ou não existe mais: envie-o aqui.",
        "El contacto recibió solo el nombre de: {names}. El archivo es de otra sala o ya no existe: súbalo aquí para enviarlo.",
        "Le contact n’a reçu que le nom de : {names}. Le fichier appartient à un autre salon ou n’existe plus : téléversez-le ici pour l’envoyer.";
    /// A contact's message without text and attachments.
    CANNOT_BE_SHOWN:
        "(The contact sent something that cannot be shown here)",
        "(O contato enviou algo que não pode ser mostrado aqui)",
        "(El contacto envió algo que no se puede mostrar aquí)",
        "(Le contact a envoyé quelque chose qui ne peut pas être affiché ici)";
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 4] = [Language::English, Language::Portuguese, Language::Spanish, Language::French];
    /// Texts that are the same in two languages.
    const ALIKE: &[&str] = &["QUOTED", "CONTACT", "NO", "VERSION"];

    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).map(|part| part.split_once('}').expect("a closed brace").0).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_was_stored_of_a_reason_is_told_in_ones_own_language() {
        let told = |reason: Phrase| Phrase::of_given_up(&reason.in_log()).in_language(Language::Spanish);
        assert_eq!(told(EXPIRED.into()), "RapidPro no respondió durante tres días");
        let answered = Phrase::new(ANSWERED, vec![("status", "400".into()), ("body", "{a: b}".into())]);
        assert_eq!(told(answered), "RapidPro respondió 400: {a: b}");
        assert_eq!(told(Phrase::quoted("odd".into())), "odd");
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
