//! JSON values of odd shapes.

use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// Deeper values are refused before they reach the core.
const DEPTH_MAX: usize = 4;

/// `value` with some of its parts replaced, dropped or repeated.
pub fn spoiled(value: Value, chance: &mut Chance<'_>) -> Value {
    if chance.seldom(8) {
        return odd(chance, 0);
    }
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(|item| spoiled(item, chance)).collect();
            if chance.seldom(8) {
                items.extend(items.first().cloned());
            }
            Value::Array(items)
        }
        Value::Object(map) => {
            let kept = map.into_iter().filter_map(|(name, value)| {
                let dropped = chance.seldom(6);
                (!dropped).then(|| (name, spoiled(value, chance)))
            });
            Value::Object(kept.collect())
        }
        plain => plain,
    }
}

/// Any value.
pub fn odd(chance: &mut Chance<'_>, depth: usize) -> Value {
    match chance.below(if depth < DEPTH_MAX { 12 } else { 10 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(chance.number()),
        3 => json!(-1),
        4 => json!(0.5),
        5 => json!(f64::MAX),
        6 => json!(""),
        7 | 8 => json!(chance.text()),
        9 => json!("x".repeat(chance.below(256) * 64)),
        10 => (0..chance.below(4)).map(|_| odd(chance, depth + 1)).collect(),
        _ => {
            let entry = |_| (chance.text(), odd(chance, depth + 1));
            Value::Object((0..2).map(entry).collect::<Map<_, _>>())
        }
    }
}
