//! The core's types as JSON values, where serde's own functions say more than is meant here.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A value as JSON. The core's own types can all be written: none has a map with keys that are no texts.
pub fn to_value(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Reads a value; `None` where it is not of the expected shape.
pub fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// Reads what is of the expected shape and skips the rest, which another version of the app may have stored.
pub fn read_all<T: DeserializeOwned>(values: &[Value]) -> Vec<T> {
    values.iter().filter_map(read).collect()
}

/// An object of what is known.
pub fn object(known: Vec<(&str, Option<Value>)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in known {
        // One by one: a map that is collected brings a sort of its own.
        if let Some(value) = value.filter(|value| !value.is_null()) {
            object.insert(name.to_owned(), value);
        }
    }
    object
}
