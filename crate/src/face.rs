//! The face: what JavaScript sees of the core.

use std::rc::Rc;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::dispatch;
use crate::runtime::process::Process;

/// The core of one process of the app.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    pub(crate) memory: Rc<Process>,
}

#[wasm_bindgen]
impl Core {
    /// A core that remembers nothing yet; `node` is a random name for it.
    #[wasm_bindgen(constructor)]
    pub fn new(app_id: String, node: String) -> Self {
        Self { memory: Rc::new(Process::new(app_id, node)) }
    }

    /// Starts the operation that a [`dispatch::Start`] calls for.
    ///
    /// # Errors
    /// Where the value is no such thing.
    pub fn start(&self, start: JsValue) -> Result<Operation, JsValue> {
        Ok(Operation { inner: dispatch::start(Rc::clone(&self.memory), read(start)?) })
    }
}

/// One trigger being worked off.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Operation {
    pub(crate) inner: crate::runtime::operation::Operation,
}

#[wasm_bindgen]
impl Operation {
    /// Runs to the first [`crate::runtime::operation::Step`].
    ///
    /// # Errors
    /// Where the step cannot be put into JavaScript's values.
    pub fn begin(&mut self) -> Result<JsValue, JsValue> {
        write(self.inner.begin())
    }

    /// Runs on with [`crate::runtime::outcome::Answers`] to the next step.
    ///
    /// # Errors
    /// Where the value is no such thing.
    pub fn resume(&mut self, answers: JsValue) -> Result<JsValue, JsValue> {
        write(self.inner.resume(read(answers)?))
    }
}

/// By way of [`Value`], as all else is read: two readers of each type would take twice the room.
pub(crate) fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    let value: Value = serde_wasm_bindgen::from_value(value)?;
    T::deserialize(&value).map_err(|error| serde_wasm_bindgen::Error::custom(error).into())
}

pub(crate) fn write(value: impl Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&Serializer::json_compatible()).map_err(JsValue::from)
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use js_sys::{JSON, Reflect};
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::wire::http::{Headers, Query, Request};

    fn start(trigger: &str) -> JsValue {
        JSON::parse(&format!(r#"{{"trigger":{trigger},"now":1,"entropy":"e"}}"#)).unwrap()
    }

    #[track_caller]
    fn check(step: &JsValue, expected: &str) {
        assert_eq!(String::from(JSON::stringify(step).unwrap()), expected);
    }

    #[wasm_bindgen_test]
    fn an_operation_yields_effects_and_then_its_end_as_plain_objects() {
        let mut operation = Core::new("app".into(), "node".into()).start(start(r#""installed""#)).unwrap();
        let asked =
            |association| format!(r#"{{"effects":[{{"kind":"readRecords","association":"{association}"}}],"log":[]}}"#);
        check(&operation.begin().unwrap(), &asked("workspace"));
        let mut resume = |answers| operation.resume(JSON::parse(answers).unwrap()).unwrap();
        let workspace = r#"{"now":2,"outcomes":[{"ok":[{"v":1,"id":"w","connection":"","at":1}]}]}"#;
        check(&resume(workspace), &asked("visitor-key"));
        let end = Reflect::get(&resume(r#"{"now":3,"outcomes":[{"error":"no"}]}"#), &"end".into()).unwrap();
        check(&end, r#"{"followUps":[]}"#);
    }

    #[wasm_bindgen_test]
    fn a_refusal_is_an_answer() {
        let request = r#"{"request":{"request":{"endpoint":"secret.check","method":"put","headers":{},"body":"{}"}}}"#;
        let mut operation = Core::new("app".into(), "node".into()).start(start(request)).unwrap();
        let end = Reflect::get(&operation.begin().unwrap(), &"end".into()).unwrap();
        let response = Reflect::get(&end, &"response".into()).unwrap();
        assert_eq!(Reflect::get(&response, &"status".into()).unwrap(), JsValue::from(405));
    }

    #[wasm_bindgen_test]
    fn missing_and_unknown_properties_of_an_event_do_no_harm() {
        let message = r#"{"messageSent":{"message":{"room":{"id":"r","type":"c","creator":{"id":7}},"blocks":[[]]}}}"#;
        let mut operation = Core::new("app".into(), "node".into()).start(start(message)).unwrap();
        check(&operation.begin().unwrap(), r#"{"effects":[],"log":[],"end":{"followUps":[]}}"#);
    }

    #[wasm_bindgen_test]
    fn what_is_no_trigger_is_an_error_and_no_trap() {
        for wrong in ["{}", "7", "null", r#"{"request":{}}"#, r#""nothing""#] {
            assert!(Core::new("app".into(), "node".into()).start(start(wrong)).is_err(), "{wrong}");
        }
    }

    /// A module's stack is small.
    #[wasm_bindgen_test]
    fn a_deep_body_is_read_or_refused_and_no_trap() {
        let headers = || Headers {
            content_type: Some("application/json".into()),
            content_length: Some("1".into()),
            ..Headers::default()
        };
        for (depth, is_read) in [(127, true), (128, false), (100_000, false)] {
            for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
                let body = Some(format!("{}1{}", open.repeat(depth), close.repeat(depth)));
                let (endpoint, method, query) = ("room".into(), "post".into(), Query::default());
                let request = Request { endpoint, method, headers: headers(), query, body };
                assert_eq!(request.json().is_ok(), is_read, "{depth} × {open}");
            }
        }
    }

    #[wasm_bindgen_test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        let message = r#"{"messageSent":{"message":{"id":"m","text":"\ud83d!","room":{"id":"r","type":"l"}}}}"#;
        let mut operation = Core::new("app".into(), "node".into()).start(start(message)).unwrap();
        check(&operation.begin().unwrap(), r#"{"effects":[{"kind":"acquire","queue":"room/r"}],"log":[]}"#);
    }
}
