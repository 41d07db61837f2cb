//! The core's types as JSON values: what comes from JavaScript, what goes there, and what is stored.
//!
//! serde can do this too. But what its derives write for forty types was a quarter of the module: they are made for
//! reading every format in one pass, and here a field is looked up by its name, which is one call.

pub use rapidpro_tickets_derive::{FromValue, ToValue};
use serde_json::{Map, Value};

/// What can be read from a JSON value.
pub trait FromValue: Sized {
    /// Reads a value; `None` where it is not of the expected shape.
    fn read(value: &Value) -> Option<Self> {
        let mut fits = true;
        let read = Self::read_or_any(value, &mut fits);
        fits.then_some(read)
    }

    /// Reads a value; clears `fits` where it is not of the expected shape, and answers anything. A field that ended
    /// the reading would have those before it cleared up, in code of its own: this way is smaller.
    fn read_or_any(value: &Value, fits: &mut bool) -> Self;
}

/// What becomes a JSON value.
pub trait ToValue: Sized {
    /// Turns it into a value. `null` stands for what is absent.
    fn write(self) -> Value;
}

/// Reads what is of the expected shape, and passes over the rest.
pub fn read_all<T: FromValue>(values: &[Value]) -> Vec<T> {
    // In a loop, here and below: each `collect` is code of its own.
    let mut all = Vec::new();
    for value in values {
        if let Some(read) = T::read(value) {
            all.push(read);
        }
    }
    all
}

/// The fields of an object.
pub fn fields<'a>(value: &'a Value, fits: &mut bool) -> Option<&'a Map<String, Value>> {
    let fields = value.as_object();
    *fits &= fields.is_some();
    fields
}

/// A field of an object; one that is missing reads as `null`.
pub fn field<T: FromValue>(fields: Option<&Map<String, Value>>, name: &str, fits: &mut bool) -> T {
    T::read_or_any(at(fields, name), fits)
}

fn at<'a>(fields: Option<&'a Map<String, Value>>, name: &str) -> &'a Value {
    fields.and_then(|fields| fields.get(name)).unwrap_or(&Value::Null)
}

/// A field of an object, or its default where it is missing.
pub fn field_or_default<T: FromValue + Default>(fields: Option<&Map<String, Value>>, name: &str, fits: &mut bool) -> T {
    match fields.and_then(|fields| fields.get(name)) {
        Some(value) => T::read_or_any(value, fits),
        None => T::default(),
    }
}

/// Adds a field to an object, unless it is absent.
pub fn put(fields: &mut Map<String, Value>, name: &str, value: impl ToValue) {
    insert(fields, name, value.write());
}

fn insert(fields: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        fields.insert(name.to_owned(), value);
    }
}

/// An object of what is known.
pub fn object(known: Vec<(&str, Option<Value>)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in known {
        insert(&mut fields, name, value.unwrap_or_default());
    }
    fields
}

/// An enum's variant: its name, and its content where it has any.
pub fn variant<'a>(value: &'a Value, fits: &mut bool) -> (&'a str, &'a Value) {
    if let Some(name) = value.as_str() {
        return (name, &Value::Null);
    }
    let mut entries = value.as_object().into_iter().flatten();
    match (entries.next(), entries.next()) {
        (Some((name, content)), None) => (name, content),
        _ => {
            *fits = false;
            ("", &Value::Null)
        }
    }
}

/// An enum's variant with content.
pub fn named(name: &str, content: Value) -> Value {
    let mut fields = Map::new();
    fields.insert(name.to_owned(), content);
    Value::Object(fields)
}

/// What was read, or what stands for it where it does not fit.
fn fitting<T: Default>(read: Option<T>, fits: &mut bool) -> T {
    *fits &= read.is_some();
    read.unwrap_or_default()
}

impl FromValue for Value {
    fn read_or_any(value: &Value, _: &mut bool) -> Self {
        value.clone()
    }
}

impl FromValue for String {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        fitting(value.as_str(), fits).to_owned()
    }
}

impl FromValue for bool {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        fitting(value.as_bool(), fits)
    }
}

impl FromValue for u64 {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        fitting(value.as_u64(), fits)
    }
}

impl FromValue for u16 {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        fitting(u64::read_or_any(value, fits).try_into().ok(), fits)
    }
}

impl FromValue for u8 {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        fitting(u64::read_or_any(value, fits).try_into().ok(), fits)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        (!value.is_null()).then(|| T::read_or_any(value, fits))
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        *fits &= value.is_array();
        let mut all = Vec::new();
        for item in value.as_array().into_iter().flatten() {
            all.push(T::read_or_any(item, fits));
        }
        all
    }
}

impl<T: FromValue> FromValue for Box<T> {
    fn read_or_any(value: &Value, fits: &mut bool) -> Self {
        Self::new(T::read_or_any(value, fits))
    }
}

impl ToValue for Value {
    fn write(self) -> Value {
        self
    }
}

impl ToValue for Map<String, Value> {
    fn write(self) -> Value {
        Value::Object(self)
    }
}

impl ToValue for &str {
    fn write(self) -> Value {
        Value::String(self.to_owned())
    }
}

impl ToValue for String {
    fn write(self) -> Value {
        Value::String(self)
    }
}

impl ToValue for bool {
    fn write(self) -> Value {
        Value::Bool(self)
    }
}

impl ToValue for u64 {
    fn write(self) -> Value {
        Value::from(self)
    }
}

impl ToValue for u16 {
    fn write(self) -> Value {
        Value::from(self)
    }
}

impl ToValue for u8 {
    fn write(self) -> Value {
        Value::from(self)
    }
}

impl<T: ToValue + Clone> ToValue for &T {
    fn write(self) -> Value {
        self.clone().write()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn write(self) -> Value {
        self.map_or(Value::Null, T::write)
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn write(self) -> Value {
        Value::Array(self.into_iter().map(T::write).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, FromValue, ToValue)]
    #[value(rename_all = "camelCase")]
    struct Everything {
        some_text: String,
        whole: u64,
        yes: bool,
        list: Vec<Kind>,
        none: Option<u64>,
        raw: Value,
        #[value(rename = "type")]
        narrow: u16,
        #[value(default)]
        missing: Vec<Name>,
    }

    #[derive(Debug, PartialEq, FromValue, ToValue)]
    #[value(rename_all = "kebab-case")]
    enum Kind {
        UnitOnly,
        Newtype(Name),
        Struct { some_time: u64 },
    }

    #[derive(Debug, PartialEq, FromValue, ToValue)]
    #[value(transparent)]
    struct Name(String);

    #[derive(Debug, ToValue)]
    #[value(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
    enum Tagged {
        DoThis { at_once: bool },
    }

    fn everything() -> Value {
        json!({
            "someText": "t", "whole": 1, "yes": true, "raw": { "a": [1, -2, 0.5, null] }, "type": 7, "missing": ["m"],
            "list": ["unit-only", { "newtype": "n" }, { "struct": { "some_time": 2 } }],
        })
    }

    #[test]
    fn what_is_read_is_written_alike() {
        let read = Everything::read(&everything()).unwrap();
        assert_eq!(read.none, None);
        assert_eq!(read.list[1], Kind::Newtype(Name("n".into())));
        assert_eq!(read.write(), everything());
        assert_eq!(Tagged::DoThis { at_once: true }.write(), json!({ "kind": "doThis", "atOnce": true }));
    }

    #[test]
    fn what_is_missing_reads_as_null_or_as_its_default_and_what_is_more_is_passed_over() {
        let mut value = everything();
        value["none"] = Value::Null;
        value["other"] = json!({});
        value.as_object_mut().unwrap().remove("missing");
        let read = Everything::read(&value).unwrap();
        assert_eq!((read.none, read.missing), (None, Vec::new()));
    }

    #[test]
    fn other_shapes_are_not_read() {
        for (name, wrong) in [
            ("someText", json!(1)),
            ("someText", Value::Null),
            ("whole", json!(-1)),
            ("whole", json!(0.5)),
            ("yes", json!("true")),
            ("type", json!(70_000)),
            ("list", json!({})),
            ("list", json!(["other"])),
            ("list", json!([{ "struct": { "some_time": 2 }, "unit-only": null }])),
            ("missing", json!([7])),
        ] {
            let mut value = everything();
            value[name] = wrong;
            assert_eq!(Everything::read(&value), None, "{value}");
        }
        assert_eq!(Everything::read(&json!(["t", 1, true, [], null, null, 7])), None);
    }
}
