//! An attribute's value, as the engine reads it.
//!
//! The mapping is the same in every SDK: a float without a fraction within ±2^53 is an integer, integers of any size stay exact,
//! times are ISO 8601 in UTC, and what has no place in the engine's values (NaN, infinities) is null.

use std::collections::{BTreeMap, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::context::MOST_LISTED;
use crate::engine::abi::lossy;
use crate::msgpack;

/// Up to here a float holds every integer.
pub(crate) const EXACT: f64 = 9_007_199_254_740_992.0;
/// How deep lists and maps may be in one another: nobody targets deeper, and it bounds the work.
const MAX_DEPTH: usize = 16;

/// A value of an attribute. Programs hand in their own types, which convert: booleans, numbers, strings, times, lists, maps and
/// `serde_json::Value`.
///
/// Bytes have no conversion, since no constraint can look at them.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: no constraint holds.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer beyond 64 bits, in decimal digits. Anything else in it is null.
    BigInt(String),
    /// A number. One without a fraction within ±2^53 is the same as an integer; NaN and infinities are null.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Writes the value as the engine reads it. Lists and maps more than 16 deep are null.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.write_at(out, 0);
    }

    fn write_at(&self, out: &mut Vec<u8>, depth: usize) {
        match self {
            Value::Bool(value) => msgpack::boolean(out, *value),
            Value::Int(value) => msgpack::int(out, *value),
            Value::BigInt(digits) if is_integer(digits) => match digits.parse() {
                Ok(small) => msgpack::int(out, small),
                Err(_) => msgpack::digits(out, digits),
            },
            Value::Float(value) => match whole(*value) {
                Some(whole) => msgpack::int(out, whole),
                None if value.is_finite() => msgpack::float(out, *value),
                None => msgpack::nil(out),
            },
            Value::Text(value) => msgpack::text(out, value),
            Value::List(items) if depth < MAX_DEPTH => {
                msgpack::array(out, items.len());
                for item in items {
                    item.write_at(out, depth + 1);
                }
            }
            Value::Map(items) if depth < MAX_DEPTH => {
                msgpack::map(out, items.len());
                for (name, item) in items {
                    msgpack::text(out, name);
                    item.write_at(out, depth + 1);
                }
            }
            _ => msgpack::nil(out),
        }
    }

    /// Whether the lists and maps have no more values, all together, than are read.
    pub(crate) fn is_few(&self) -> bool {
        fn left(value: &Value, depth: usize, room: usize) -> Option<usize> {
            match value {
                Value::List(items) if depth < MAX_DEPTH => {
                    items.iter().try_fold(room.checked_sub(items.len())?, |room, item| left(item, depth + 1, room))
                }
                Value::Map(items) if depth < MAX_DEPTH => {
                    items.values().try_fold(room.checked_sub(items.len())?, |room, item| left(item, depth + 1, room))
                }
                _ => Some(room),
            }
        }
        left(self, 0, MOST_LISTED).is_some()
    }

    /// Reads what the engine wrote.
    pub(crate) fn read(written: &rmpv::ValueRef<'_>) -> Value {
        use rmpv::ValueRef;
        match written {
            ValueRef::Boolean(value) => Value::Bool(*value),
            ValueRef::Integer(value) => match value.as_i64() {
                Some(value) => Value::Int(value),
                None => Value::BigInt(value.to_string()),
            },
            ValueRef::F32(value) => Value::Float(f64::from(*value)),
            ValueRef::F64(value) => Value::Float(*value),
            ValueRef::String(value) => Value::Text(lossy(value.as_bytes())),
            ValueRef::Ext(_, digits) => Value::BigInt(lossy(digits)),
            ValueRef::Array(items) => Value::List(items.iter().map(Value::read).collect()),
            ValueRef::Map(items) => {
                let name = |name: &ValueRef<'_>| match name {
                    ValueRef::String(name) => lossy(name.as_bytes()),
                    _ => String::new(),
                };
                Value::Map(items.iter().map(|(key, item)| (name(key), Value::read(item))).collect())
            }
            ValueRef::Nil | ValueRef::Binary(_) => Value::Null,
        }
    }
}

/// The integer that a float is, within ±2^53.
pub(crate) fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// Whether a text is an integer in its one form: no sign before 0, no leading zeros.
pub(crate) fn is_integer(digits: &str) -> bool {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    match unsigned.as_bytes() {
        [b'0'] => unsigned.len() == digits.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// ISO 8601 in UTC, without trailing zeros, in microseconds.
pub(crate) fn moment(micros: i128) -> String {
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 1 March of year 0, in cycles of 400 years: http://howardhinnant.github.io/date_algorithms.html
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i128::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let whole = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if micros == 0 {
        return whole + "Z";
    }
    let fraction = format!("{micros:06}");
    format!("{whole}.{}Z", fraction.trim_end_matches('0'))
}

/// Unix microseconds.
pub(crate) fn unix_micros(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_micros() as i128,
        Err(before) => {
            let before = before.duration();
            -(before.as_micros() as i128) - i128::from(before.subsec_nanos() % 1_000 != 0)
        }
    }
}

macro_rules! from_integers {
    ($($small:ty)*; $($large:ty)*) => {
        $(impl From<$small> for Value {
            fn from(value: $small) -> Self {
                Value::Int(value.into())
            }
        })*
        $(impl From<$large> for Value {
            fn from(value: $large) -> Self {
                i64::try_from(value).map_or_else(|_| Value::BigInt(value.to_string()), Value::Int)
            }
        })*
    };
}

// Not of u8: a list of it is bytes.
from_integers!(i8 i16 i32 i64 u16 u32; u64 i128 u128 isize usize);

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Value::Float(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Value::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<SystemTime> for Value {
    fn from(value: SystemTime) -> Self {
        Value::Text(moment(unix_micros(value)))
    }
}

#[cfg(feature = "uuid")]
impl From<uuid::Uuid> for Value {
    fn from(value: uuid::Uuid) -> Self {
        Value::Text(value.to_string())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<BTreeMap<String, T>> for Value {
    fn from(items: BTreeMap<String, T>) -> Self {
        Value::Map(items.into_iter().map(|(name, item)| (name, item.into())).collect())
    }
}

impl<T: Into<Value>> From<HashMap<String, T>> for Value {
    fn from(items: HashMap<String, T>) -> Self {
        Value::Map(items.into_iter().map(|(name, item)| (name, item.into())).collect())
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => value.into(),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => value.into(),
                (None, Some(value)) => value.into(),
                (None, None) => number.as_f64().into(),
            },
            serde_json::Value::String(value) => value.into(),
            serde_json::Value::Array(items) => items.into(),
            serde_json::Value::Object(items) => {
                Value::Map(items.into_iter().map(|(name, item)| (name, item.into())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn written(value: impl Into<Value>) -> rmpv::Value {
        let mut out = Vec::new();
        value.into().write(&mut out);
        rmpv::decode::read_value(&mut out.as_slice()).expect("msgpack")
    }

    #[test]
    fn values_are_written_in_one_form() {
        assert_eq!(written(5.0), 5.into());
        assert_eq!(written(-0.0), 0.into());
        assert_eq!(written(EXACT), (1i64 << 53).into());
        assert_eq!(written(EXACT + 2.0), (EXACT + 2.0).into());
        for nothing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(written(nothing), rmpv::Value::Nil);
        }
        assert_eq!(written(u64::MAX), rmpv::Value::Ext(1, b"18446744073709551615".into()));
        assert_eq!(written(Value::BigInt("42".into())), 42.into());
        for odd in ["", "-", "+1", "01", "-0", "1e3", "１"] {
            assert_eq!(written(Value::BigInt(odd.into())), rmpv::Value::Nil, "{odd}");
        }
        assert_eq!(written(None::<i64>), rmpv::Value::Nil);
        assert_eq!(written(["a", "b"]), rmpv::Value::Array(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn what_is_too_deep_is_null() {
        let mut deep = Value::Int(1);
        for _ in 0..20 {
            deep = Value::List(vec![deep]);
        }
        let mut found = written(deep);
        for _ in 0..16 {
            found = found.as_array().expect("a list")[0].clone();
        }
        assert_eq!(found, rmpv::Value::Nil);
    }

    #[test]
    fn times_are_written_in_utc() {
        for (micros, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (1_795_773_600_250_000, "2026-11-27T10:00:00.25Z"),
            (253_402_300_799_000_000, "9999-12-31T23:59:59Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(moment(micros), want);
        }
        let before = UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(Value::from(before), Value::Text("1969-12-31T23:59:59.999999Z".into()));
    }
}
