//! JavaScript's plain values as JSON values.
//!
//! For the way out serde-wasm-bindgen does this. Its way in is made for every type of serde's, with errors that quote
//! what they found, and made the module larger by a fiftieth.

use js_sys::{Array, Object};
use serde_json::{Map, Value};
use wasm_bindgen::{JsCast, JsValue};

/// Deeper than anything that Rocket.Chat or RapidPro sends.
const DEPTH_MAX: usize = 100;
/// Whole numbers up to here are exact in JavaScript.
const WHOLE_MAX: f64 = 9_007_199_254_740_991.0;

/// Reads a value. What JSON has no word for, or what is nested too deeply, is `null`.
pub fn value_of(value: &JsValue) -> Value {
    nested(value, 0)
}

fn nested(value: &JsValue, depth: usize) -> Value {
    if let Some(text) = value.as_string() {
        return Value::String(text);
    }
    if let Some(number) = value.as_f64() {
        return number_of(number);
    }
    if let Some(yes) = value.as_bool() {
        return Value::Bool(yes);
    }
    if !value.is_object() || depth == DEPTH_MAX {
        return Value::Null;
    }
    if Array::is_array(value) {
        let items: &Array = value.unchecked_ref();
        return Value::Array(items.iter().map(|item| nested(&item, depth + 1)).collect());
    }
    let mut fields = Map::new();
    for entry in Object::entries(value.unchecked_ref()).iter() {
        let entry: &Array = entry.unchecked_ref();
        if let Some(name) = entry.get(0).as_string() {
            fields.insert(name, nested(&entry.get(1), depth + 1));
        }
    }
    Value::Object(fields)
}

fn number_of(number: f64) -> Value {
    if number.trunc() == number && number.abs() <= WHOLE_MAX {
        let whole = number as i64;
        return u64::try_from(whole).map_or_else(|_| Value::from(whole), Value::from);
    }
    Value::from(number)
}
