//! Reading a request's JSON so that a refusal names the field.

use serde_json::{Map, Value};

use crate::request::refusal::Refusal;

pub(crate) type Read<T> = Result<T, Refusal>;

/// An object of a request, and where it stands.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    pub(crate) map: &'a Map<String, Value>,
    pub(crate) path: String,
}

impl<'a> Fields<'a> {
    /// The body itself.
    ///
    /// # Errors
    /// Refuses a body that is not an object.
    pub fn of_body(body: &'a Value) -> Read<Self> {
        match body {
            Value::Object(map) => Ok(Self { map, path: String::new() }),
            _ => Err(Refusal::Malformed("the body must be a JSON object".to_owned())),
        }
    }

    /// A field; `null` equals absent.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// An object that must be there.
    ///
    /// # Errors
    /// Refuses its absence and any other kind.
    pub fn object(&self, name: &str) -> Read<Self> {
        self.optional_object(name)?.ok_or_else(|| self.missing(name))
    }

    /// An object that may be there.
    ///
    /// # Errors
    /// Refuses any other kind.
    pub fn optional_object(&self, name: &str) -> Read<Option<Self>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self { map, path: self.at(name) })),
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    /// A text that must be there and not be empty.
    ///
    /// # Errors
    /// Refuses its absence, emptiness and any other kind.
    pub fn text(&self, name: &str) -> Read<&'a str> {
        match self.optional_text(name)? {
            None => Err(self.missing(name)),
            Some("") => Err(self.wrong(name, "a non-empty string")),
            Some(text) => Ok(text),
        }
    }

    /// A text that may be there.
    ///
    /// # Errors
    /// Refuses any other kind.
    pub fn optional_text(&self, name: &str) -> Read<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// A UUID that must be there.
    ///
    /// # Errors
    /// Refuses its absence and any other kind or form.
    pub fn uuid(&self, name: &str) -> Read<&'a str> {
        let text = self.text(name)?;
        if is_uuid(text) { Ok(text) } else { Err(self.wrong(name, "a UUID")) }
    }

    /// A list that may be there; absence is an empty one.
    ///
    /// # Errors
    /// Refuses any other kind, and elements that are not objects.
    pub fn objects(&self, name: &str) -> Read<Vec<Self>> {
        let values = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(self.wrong(name, "a list")),
        };
        let element = |(index, value): (usize, &'a Value)| {
            let path = format!("{}[{index}]", self.at(name));
            match value {
                Value::Object(map) => Ok(Self { map, path }),
                _ => Err(Refusal::Malformed(format!("`{path}` must be an object"))),
            }
        };
        values.iter().enumerate().map(element).collect()
    }

    /// All of this object's fields as texts.
    ///
    /// # Errors
    /// Refuses values of any other kind.
    pub fn texts(&self) -> Read<Vec<(&'a str, &'a str)>> {
        let names = self.map.keys().map(String::as_str);
        let pairs = names.map(|name| self.optional_text(name).map(|text| text.map(|text| (name, text))));
        pairs.filter_map(Result::transpose).collect()
    }

    /// The refusal of a field that is of the wrong kind or form.
    pub fn wrong(&self, name: &str, expected: &str) -> Refusal {
        Refusal::Malformed(format!("`{}` must be {expected}", self.at(name)))
    }

    pub(crate) fn missing(&self, name: &str) -> Refusal {
        Refusal::Malformed(format!("`{}` is missing", self.at(name)))
    }

    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// Whether `text` is a UUID in its usual form (RFC 9562, section 4), of any version.
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::refusal::Refusal;

    #[track_caller]
    fn refused<T: std::fmt::Debug>(read: Read<T>) -> String {
        match read.unwrap_err() {
            Refusal::Malformed(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refusals_name_the_field_by_its_path() {
        let body = json!({ "visitor": { "token": 7, "name": "" }, "attachments": [{}, 3], "ticketID": "x" });
        let fields = Fields::of_body(&body).unwrap();
        let visitor = fields.object("visitor").unwrap();
        assert_eq!(refused(visitor.text("token")), "`visitor.token` must be a string");
        assert_eq!(refused(visitor.text("name")), "`visitor.name` must be a non-empty string");
        assert_eq!(refused(visitor.text("phone")), "`visitor.phone` is missing");
        assert_eq!(refused(fields.objects("attachments")), "`attachments[1]` must be an object");
        assert_eq!(refused(fields.uuid("ticketID")), "`ticketID` must be a UUID");
        assert_eq!(refused(fields.object("ticketID")), "`ticketID` must be an object");
    }

    #[test]
    fn null_is_as_good_as_absent() {
        let body = json!({ "name": null });
        let fields = Fields::of_body(&body).unwrap();
        assert_eq!(fields.optional_text("name").unwrap(), None);
        assert_eq!(fields.texts().unwrap(), []);
    }

    #[test]
    fn uuids_of_any_version_and_case() {
        assert!(is_uuid("59d74b86-3e2f-4a93-aece-b05d2fdcde0c"));
        assert!(is_uuid("0198C6D2-9F0A-7000-8000-000000000000"));
        for wrong in ["", "59d74b863e2f4a93aeceb05d2fdcde0c", "59d74b86-3e2f-4a93-aece-b05d2fdcde0g", "{59d74b86}"] {
            assert!(!is_uuid(wrong), "{wrong}");
        }
    }
}
