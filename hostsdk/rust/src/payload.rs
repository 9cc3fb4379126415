//! A variant's payload, as the type that a program asks for.

use serde_json::{Map, Number, Value};

use crate::value::EXACT;

/// A payload's value; None without one, or if it can't be read.
pub(crate) fn read(text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    serde_json::from_str(text).ok().map(exact)
}

/// Integers beyond ±2^53 become the nearest floats, as in every language.
fn exact(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none_or(|n| n.unsigned_abs() > EXACT as u64) => {
            Value::Number(number.as_f64().and_then(Number::from_f64).unwrap_or(number))
        }
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(items) => items.into_iter().map(|(name, item)| (name, exact(item))).collect::<Map<_, _>>().into(),
        other => other,
    }
}

/// A number without a fraction within ±2^53, where integers and floats agree in every language.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    if let Some(n) = value.as_i64() {
        return Some(n);
    }
    let float = value.as_f64()?;
    // A float of 2^53 or more stands for an integer beyond.
    (float.fract() == 0.0 && float.abs() < EXACT).then_some(float as i64)
}

/// Whether a payload, as JSON, is a number that is written with a fraction or an exponent, as the engine tells floats.
#[cfg(feature = "openfeature")]
pub(crate) fn is_fractional(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'-' | b'0'..=b'9')) && text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}
