//! Faces that the core could have beside its own, to compare what the crossing costs. What is behind them is the same.
//! The core's own comes along with it.

use std::alloc::System;
use std::rc::Rc;

use rapidpro_tickets_core::memory::Memory;
use rapidpro_tickets_core::operation::{Operation, Step};
use rapidpro_tickets_core::plain::{FromValue, ToValue};
use serde::Serialize;
use serde_json::Value;
use serde_wasm_bindgen::Serializer;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wasm_bindgen::prelude::*;

use crate::server;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often memory was asked for in this instance so far.
#[wasm_bindgen]
pub fn allocations() -> f64 {
    let stats = ALLOCATOR.stats();
    (stats.allocations + stats.reallocations) as f64
}

/// JSON text both ways: JavaScript parses and prints on its side.
#[wasm_bindgen]
pub struct TextCore(Rc<Memory>);

#[wasm_bindgen]
impl TextCore {
    /// Like the core's own.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(server::memory())
    }

    /// Starts an operation.
    pub fn start(&self, start: &str) -> Option<TextOperation> {
        server::start(&self.0, &serde_json::from_str(start).ok()?).map(TextOperation)
    }
}

/// An operation of a [`TextCore`].
#[wasm_bindgen]
pub struct TextOperation(Operation);

#[wasm_bindgen]
impl TextOperation {
    /// Its first step.
    pub fn begin(&mut self) -> String {
        self.0.begin().write().to_string()
    }

    /// Its next step.
    pub fn resume(&mut self, answers: &str) -> Option<String> {
        let answers = FromValue::read(&serde_json::from_str(answers).ok()?)?;
        Some(self.0.resume(answers).write().to_string())
    }
}

/// Values by serde-wasm-bindgen, both ways.
#[wasm_bindgen]
pub struct SerdeCore(Rc<Memory>);

#[wasm_bindgen]
impl SerdeCore {
    /// Like the core's own.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(server::memory())
    }

    /// Starts an operation.
    pub fn start(&self, start: JsValue) -> Option<SerdeOperation> {
        server::start(&self.0, &serde_wasm_bindgen::from_value(start).ok()?).map(SerdeOperation)
    }
}

/// An operation of a [`SerdeCore`].
#[wasm_bindgen]
pub struct SerdeOperation(Operation);

#[wasm_bindgen]
impl SerdeOperation {
    /// Its first step.
    pub fn begin(&mut self) -> JsValue {
        written(&self.0.begin())
    }

    /// Its next step.
    pub fn resume(&mut self, answers: JsValue) -> Option<JsValue> {
        let answers: Value = serde_wasm_bindgen::from_value(answers).ok()?;
        Some(written(&self.0.resume(FromValue::read(&answers)?)))
    }
}

fn written(step: &Step) -> JsValue {
    step.write().serialize(&Serializer::json_compatible()).unwrap_or_default()
}
