//! Rocket.Chat's livechat: rooms, visitors, messages. See docs/reference/rocketchat.md#livechat and
//! docs/reference/rocketchat.md#events.

use std::collections::BTreeMap;

use rapidpro_tickets_core::ids::RoomId;
use rapidpro_tickets_core::runtime::effect::NewVisitor;
use serde_json::{Value, json};

/// This app, as the server names it.
pub const APP: &str = "4c1d2b6e";

/// What the server knows.
#[derive(Debug)]
pub struct RocketChat {
    pub rooms: Vec<Room>,
    visitors: BTreeMap<String, Visitor>,
    last_id: u64,
    /// Newer servers refuse to close a closed room, older ones say that they have closed it.
    pub refuses_second_close: bool,
    /// Older servers have an event for the message that shows a close.
    pub close_message_has_event: bool,
    /// The newest servers let a visitor have one open room.
    pub one_open_room: bool,
}

#[derive(Debug, Clone)]
struct Visitor {
    id: String,
    username: String,
    name: Option<String>,
}

/// A room.
#[derive(Debug)]
pub struct Room {
    pub id: RoomId,
    pub maker: Maker,
    pub open: bool,
    /// The contact that it was opened for; nobody's where a website visitor or a channel is.
    pub contact: Option<usize>,
    token: String,
    pub messages: Vec<Message>,
}

/// Who made a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    ThisApp,
    OtherApp,
    Widget,
    /// No livechat room at all.
    Channel,
}

/// How a picture is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    File,
    Link(String),
}

/// A message of a room.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub text: String,
    /// Where it is no text but a picture: whether its file was copied, or its link is shown.
    pub picture: Option<Picture>,
    pub author: Author,
    /// By the clock of the node that stored it.
    pub created_at: u64,
    /// When its author last corrected it.
    pub edited_at: Option<u64>,
    /// Whether it was deleted, and its trace is kept.
    pub removed: bool,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Agent,
    Bot,
    Visitor,
    ThisApp,
    System,
}

impl RocketChat {
    pub fn new(refuses_second_close: bool, close_message_has_event: bool, one_open_room: bool) -> Self {
        let (rooms, visitors) = (Vec::new(), BTreeMap::new());
        Self { rooms, visitors, last_id: 0, refuses_second_close, close_message_has_event, one_open_room }
    }

    /// What keeps a visitor from getting another room, in the database's words.
    pub fn second_room(&self, token: &str) -> Option<String> {
        let refused = self.one_open_room && !self.open_rooms(token).is_empty();
        refused.then(|| format!("E11000 duplicate key error index: v.token_1 dup key: {{ v.token: \"{token}\" }}"))
    }

    pub fn room(&self, id: &RoomId) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == *id)
    }

    pub fn room_mut(&mut self, id: &RoomId) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.id == *id)
    }

    pub fn register(&mut self, visitor: &NewVisitor) {
        let number = self.visitors.len();
        let known = self.visitors.entry(visitor.token.clone()).or_insert_with(|| Visitor {
            id: format!("v{number}"),
            username: format!("guest-{number}"),
            name: None,
        });
        known.name = visitor.name.clone().or(known.name.take());
    }

    pub fn visitor(&self, token: &str) -> Option<Value> {
        let Visitor { id, username, name } = self.visitors.get(token)?;
        Some(json!({ "id": id, "username": username, "name": name, "token": token }))
    }

    /// What registering a visitor answers: older engines tell the id only.
    pub fn registered(&self, token: &str) -> Value {
        let visitor = self.visitor(token).unwrap_or_default();
        match self.close_message_has_event && !self.one_open_room {
            true => visitor["id"].clone(),
            false => visitor,
        }
    }

    /// Always a new room; `order` decides where its id stands among the others.
    pub fn open(&mut self, maker: Maker, contact: Option<usize>, token: &str, order: u64) -> RoomId {
        self.last_id += 1;
        let id = RoomId(format!("{:02x}-room-{}", order % 256, self.last_id));
        let (token, messages) = (token.to_owned(), Vec::new());
        self.rooms.push(Room { id: id.clone(), maker, open: true, contact, token, messages });
        id
    }

    pub fn open_rooms(&self, token: &str) -> Vec<&Room> {
        self.rooms.iter().filter(|room| room.open && room.token == token && room.maker != Maker::Channel).collect()
    }

    pub fn store(&mut self, room: &RoomId, author: Author, text: String, created_at: u64) -> Option<Message> {
        self.last_id += 1;
        let id = format!("message-{}", self.last_id);
        let message = Message { id, text, picture: None, author, created_at, edited_at: None, removed: false };
        self.room_mut(room)?.messages.push(message.clone());
        Some(message)
    }

    /// The author of a message corrects it.
    pub fn edit(&mut self, room: &RoomId, message: &str, text: String, edited_at: u64) {
        let messages = self.room_mut(room).map(|room| &mut room.messages);
        if let Some(message) = messages.and_then(|all| all.iter_mut().find(|stored| stored.id == message)) {
            (message.text, message.edited_at) = (text, Some(edited_at));
        }
    }

    /// The author of a message deletes it; servers keep its trace or none, as their administrators like.
    pub fn delete(&mut self, room: &RoomId, message: &str, leaves_trace: bool) {
        let Some(room) = self.room_mut(room) else { return };
        if !leaves_trace {
            return room.messages.retain(|stored| stored.id != message);
        }
        if let Some(message) = room.messages.iter_mut().find(|stored| stored.id == message) {
            (message.text, message.removed) = (String::new(), true);
        }
    }

    /// A message that was just stored is a picture, and its text the name.
    pub fn make_picture(&mut self, room: &RoomId, message: &str, picture: Picture) {
        let messages = self.room_mut(room).map(|room| &mut room.messages);
        if let Some(message) = messages.and_then(|all| all.iter_mut().find(|stored| stored.id == message)) {
            message.picture = Some(picture);
        }
    }

    /// A room as an accessor or an event shows it.
    pub fn shown(&self, room: &Room) -> Value {
        let source = match room.maker {
            Maker::ThisApp => json!({ "id": APP }),
            Maker::OtherApp => json!({ "id": "another" }),
            Maker::Widget | Maker::Channel => Value::Null,
        };
        json!({
            "id": room.id.as_str(),
            "type": if room.maker == Maker::Channel { "c" } else { "l" },
            "isOpen": room.open.then_some(true),
            "messageCount": room.messages.len(),
            "source": source,
            "visitor": self.visitor(&room.token),
        })
    }

    /// A message as an accessor or an event shows it.
    pub fn shown_message(&self, room: &Room, shown_room: &Value, message: &Message) -> Value {
        let visitor = self.visitors.get(&room.token);
        let (kind, token, sender) = match message.author {
            Author::Agent => (None, None, json!({ "id": "anna", "username": "anna", "type": "user" })),
            Author::Bot => (None, None, json!({ "id": "bot", "username": "bot", "type": "bot" })),
            Author::ThisApp => (None, None, json!({ "id": "app", "username": "app", "type": "app", "appId": APP })),
            Author::System => (Some("livechat-close"), None, json!({ "id": "anna", "username": "anna" })),
            Author::Visitor => {
                let id = visitor.map(|visitor| &visitor.id);
                (None, Some(&room.token), json!({ "id": id, "type": "unknown" }))
            }
        };
        let (files, attachments) = match &message.picture {
            Some(Picture::File) => {
                let link = format!("/file-upload/{}/{}", message.id, message.text);
                (json!([{ "_id": message.id, "name": message.text }]), json!([{ "link": link }]))
            }
            Some(Picture::Link(link)) => (Value::Null, json!([{ "link": link }])),
            None => (Value::Null, Value::Null),
        };
        json!({
            "id": message.id,
            "text": if message.picture.is_some() { "" } else { &message.text },
            "files": files,
            "attachments": attachments,
            "type": if message.removed { Some("rm") } else { kind },
            "token": token,
            "createdAt": message.created_at,
            "editedAt": message.edited_at,
            "room": shown_room,
            "sender": sender,
        })
    }
}
