//! What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every language.

use std::fmt::Write;

use crate::decision::{Gate, SCORES};
use crate::explanation::{Comparison, Operator, Outcome, Step};
use crate::value::{self, Value};

const LONGEST: usize = 80;
const DRAWS: i64 = 10_000;

/// Says what the step's gate compared.
pub(crate) fn detail(step: &Step) -> String {
    let [a, b, c] = step.facts;
    if step.outcome == Outcome::NotAsked {
        let what =
            if matches!(step.gate, Gate::Rule | Gate::Segment) { "the context is empty" } else { "there is no actor" };
        return what.into();
    }
    match step.gate {
        Gate::None if a.is_none() => "a newer build wrote this flag, and this one can't read it".into(),
        Gate::None => "the comparisons took too many steps over this context".into(),
        Gate::Actor => match step.outcome {
            Outcome::Yes => "named, and allowed".into(),
            Outcome::Deny => "named, and denied".into(),
            _ => "not named".into(),
        },
        Gate::Group => match step.outcome {
            Outcome::Yes => "a member, and allowed".into(),
            Outcome::Deny => "a member, and denied".into(),
            _ => "in none of the flag's groups".into(),
        },
        Gate::Rule | Gate::Segment => rule(step),
        Gate::Boolean => on_off(a).into(),
        Gate::Schedule => format!("{}, and it is {}", window(a, b), moment(c.unwrap_or(0))),
        Gate::PercentageOfActors => share(a, b, "actors"),
        Gate::PercentageOfTime => {
            let (draw, limit) = (a.unwrap_or(0), b.unwrap_or(0));
            format!("{}% of the time: drew {draw} {} {limit} of {DRAWS}", percent(limit, DRAWS), sign(draw, limit))
        }
        Gate::Prerequisite => {
            let found = match b {
                None => "missing",
                Some(0) => "off",
                Some(1) => "on",
                Some(_) => "in a cycle, too deep, too costly, or unreadable",
            };
            match step.outcome {
                Outcome::Pass => format!("{found}, as required"),
                _ => format!("{found}, but must be {}", on_off(a)),
            }
        }
        Gate::Kill => "the flag is killed".into(),
        Gate::Other(_) => String::new(),
    }
}

fn rule(step: &Step) -> String {
    let mut told = Vec::new();
    for comparison in &step.comparisons {
        told.push(constraint(comparison));
        if !comparison.held {
            return told.join(" and ");
        }
    }
    let [score, limit, _] = step.facts;
    if limit.is_some() {
        told.push(share(score, limit, "them"));
    }
    told.join(" and ")
}

fn constraint(c: &Comparison) -> String {
    let values = match c.values.as_slice() {
        [single] if !matches!(c.operator, Operator::In | Operator::NotIn) => short(single),
        values => short(&Value::List(values.to_vec())),
    };
    let text = format!("{} {} {values}", name(&c.attribute), c.operator);
    match &c.actual {
        _ if c.held => text,
        Value::Null => format!("{text}: it is missing"),
        actual => format!("{text}: it is {}", short(actual)),
    }
}

fn on_off(value: Option<i64>) -> &'static str {
    if value == Some(1) { "on" } else { "off" }
}

fn sign(n: i64, limit: i64) -> &'static str {
    if n > limit { ">" } else { "≤" }
}

fn share(score: Option<i64>, limit: Option<i64>, of: &str) -> String {
    let most = limit.unwrap_or(0);
    let text = format!("{}% of {of}", percent(most, SCORES as i64));
    match score {
        None => format!("{text}: there is no actor"),
        Some(score) => format!("{text}: score {} {} {}", place(score), sign(score, most), place(most)),
    }
}

/// The roundest percentage that grants what is at most n of the whole.
fn percent(n: i64, whole: i64) -> String {
    let (n, whole) = (i128::from(n), i128::from(whole));
    let mut power = 1;
    for decimals in 0..6 {
        let rounded = (n * 100 * power + whole - 1).div_euclid(whole);
        if rounded * whole < (n + 1) * 100 * power {
            return decimal(rounded, decimals);
        }
        power *= 10;
    }
    decimal((n * 100 * power + whole - 1).div_euclid(whole), 6)
}

/// A score as a place in [0, 1), to four decimals.
fn place(score: i64) -> String {
    decimal((i128::from(score) * 10_000 + 32_768).div_euclid(65_536), 4)
}

fn decimal(n: i128, decimals: usize) -> String {
    let digits = format!("{n:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { whole.into() } else { format!("{whole}.{fraction}") }
}

fn window(start: Option<i64>, end: Option<i64>) -> String {
    match (start, end) {
        (None, None) => "always open".into(),
        (None, Some(end)) => format!("until {}", moment(end)),
        (Some(start), None) => format!("from {} on", moment(start)),
        (Some(start), Some(end)) => format!("from {} until {}", moment(start), moment(end)),
    }
}

fn moment(at: i64) -> String {
    value::moment(at.into())
}

/// A value as JSON, cut if it is long.
fn short(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, &mut text);
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some(_) => text.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(value) => out.push_str(&number(*value)),
        Value::Text(text) => quote(text, out),
        Value::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Map(items) => {
            out.push('{');
            for (place, (name, item)) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                quote(name, out);
                out.push_str(": ");
                write_json(item, out);
            }
            out.push('}');
        }
    }
}

/// A float as JavaScript writes it.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if (1e-6..1e21).contains(&value.abs()) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

/// The name of an attribute or a target, in quotes unless it is a plain word.
pub(crate) fn name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:@/-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into();
    }
    let mut quoted = String::new();
    quote(text, &mut quoted);
    quoted
}

/// Writes a text as a JSON string in which whatever could change how a line is shown is escaped.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::explanation::steps;

    /// The words of hostsdk/explanations.json, which every SDK has.
    #[test]
    fn the_words_are_those_of_every_language() {
        let Ok(shared) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../explanations.json")) else {
            return; // outside the repository
        };
        let shared: Vec<serde_json::Value> = serde_json::from_str(&shared).expect("JSON");
        assert!(shared.len() > 10);
        for explained in shared {
            let about = &explained["about"];
            let written = base64::prelude::BASE64_STANDARD
                .decode(explained["explanation"].as_str().expect("base64"))
                .expect("base64");
            let found: Vec<_> = steps(&written)
                .expect("an explanation")
                .iter()
                .map(|step| {
                    let target = step.target.clone().unwrap_or_default();
                    serde_json::json!([step.gate.to_string(), target, step.outcome.to_string(), step.detail()])
                })
                .collect();
            assert_eq!(serde_json::Value::from(found), explained["steps"], "{about}");
        }
    }

    #[test]
    fn floats_are_written_as_in_javascript() {
        for (value, want) in [
            (0.5, "0.5"),
            (-0.0, "0"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (1e-6, "0.000001"),
            (-2.5e300, "-2.5e+300"),
        ] {
            assert_eq!(number(value), want);
        }
    }

    /// The words of hostsdk/testdata/load-codes.json, which every SDK has.
    #[test]
    fn a_refused_snapshot_is_refused_in_the_words_of_every_language() {
        let Ok(codes) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/load-codes.json"))
        else {
            return; // outside the repository
        };
        let codes: Vec<serde_json::Value> = serde_json::from_str(&codes).expect("JSON");
        assert!(codes.len() >= 14);
        for known in codes {
            let code = known["code"].as_i64().expect("a number") as i32;
            let words = known["words"].as_str().expect("words");
            assert_eq!(crate::LoadError { code, offset: 7 }.to_string(), format!("{words} (code {code}) at byte 7"));
        }
    }
}
