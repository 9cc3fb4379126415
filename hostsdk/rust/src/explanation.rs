//! Why a decision is what it is: every gate that the engine looked at, in order.

use std::fmt;

use rmpv::ValueRef;

use crate::decision::{Decision, Gate, words};
use crate::engine::abi::{SnapshotInfo, lossy};
use crate::msgpack;
use crate::value::Value;
use crate::words as worded;

words! {
    /// What a gate said.
    Outcome, "outcome":
    /// It doesn't grant the flag.
    No = "no",
    /// It grants the flag.
    Yes = "yes",
    /// It denies the flag.
    Deny = "deny",
    /// The prerequisite is met.
    Pass = "pass",
    /// The prerequisite isn't met.
    Fail = "fail",
    /// It needs an actor, or a context, and there is none.
    NotAsked = "not_asked",
}

words! {
    /// How a constraint compares.
    Operator, "operator":
    /// Equal.
    Eq = "eq",
    /// Not equal.
    Neq = "neq",
    /// One of the values.
    In = "in",
    /// None of the values.
    NotIn = "not_in",
    /// Contains the value.
    Contains = "contains",
    /// Greater.
    Gt = "gt",
    /// Greater or equal.
    Gte = "gte",
    /// Less.
    Lt = "lt",
    /// Less or equal.
    Lte = "lte",
    /// Matches the pattern.
    Matches = "matches",
    /// Holds for nobody.
    Never = "never",
    /// This version or a later one.
    SemverGte = "semver_gte",
    /// An earlier version.
    SemverLt = "semver_lt",
    /// Starts with the value.
    StartsWith = "starts_with",
    /// Ends with the value.
    EndsWith = "ends_with",
}

/// One constraint of a rule or segment, and how it compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The attribute's name.
    pub attribute: String,
    /// How it compares.
    pub operator: Operator,
    /// The constraint's values.
    pub values: Vec<Value>,
    /// The context's value; null if it has none.
    pub actual: Value,
    /// Whether it held.
    pub held: bool,
}

/// One gate, and what it said.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The kind of gate.
    pub gate: Gate,
    /// What it said.
    pub outcome: Outcome,
    /// Its target.
    pub target: Option<String>,
    /// The numbers that it compared, as wasm/ABI.md has them for each kind of gate.
    pub facts: [Option<i64>; 3],
    /// The constraints of a rule or segment.
    pub comparisons: Vec<Comparison>,
}

impl Step {
    /// What the gate compared, in words.
    pub fn detail(&self) -> String {
        worded::detail(self)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.as_deref().filter(|target| !target.is_empty()).map(worded::name).unwrap_or_default();
        write!(f, "{:<20} {:<16} {:<9} {}", self.gate, target, self.outcome, self.detail())
    }
}

/// A decision and the steps to it. Displayed, it is a table to read.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The gates that were looked at, ending with the one that decided.
    pub steps: Vec<Step>,
    /// The environment.
    pub environment: String,
}

impl Explanation {
    /// The revision that decided; None if there was none.
    pub fn revision(&self) -> Option<u64> {
        self.decision.revision()
    }

    /// Reads the engine's form. What can't be read has no steps.
    pub(crate) fn read(written: &[u8], decision: Decision, info: &SnapshotInfo) -> Self {
        Explanation { decision, steps: steps(written).unwrap_or_default(), environment: info.environment.clone() }
    }

    pub(crate) fn undecided(decision: Decision, environment: String) -> Self {
        Explanation { decision, steps: Vec::new(), environment }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = &self.decision;
        let state = if decision.enabled() { "on" } else { "off" };
        write!(f, "{} · {} · ", decision.key(), self.environment)?;
        match decision.revision() {
            Some(revision) => write!(f, "revision {revision}")?,
            None => f.write_str("nothing loaded")?,
        }
        write!(f, " · {state} · {}", decision.reason())?;
        if let Some(variant) = decision.variant() {
            write!(f, " · variant {variant}")?;
        }
        self.steps.iter().try_for_each(|step| write!(f, "\n  {step}"))
    }
}

/// The steps of `[packed, [step, …]]`.
pub(crate) fn steps(written: &[u8]) -> Option<Vec<Step>> {
    let (ValueRef::Array(parts), _) = msgpack::read(written)? else { return None };
    array(parts.get(1)?)?.iter().map(step).collect()
}

fn step(written: &ValueRef<'_>) -> Option<Step> {
    let [gate, outcome, target, a, b, c, details] = array(written)? else { return None };
    let comparisons = array(details).unwrap_or_default().iter().map(comparison).collect::<Option<_>>()?;
    Some(Step {
        gate: Gate::of(number(gate)? as u32),
        outcome: Outcome::of(number(outcome)? as u32),
        target: text(target),
        facts: [number(a), number(b), number(c)],
        comparisons,
    })
}

fn comparison(written: &ValueRef<'_>) -> Option<Comparison> {
    let [attribute, operator, values, actual, held] = array(written)? else { return None };
    Some(Comparison {
        attribute: text(attribute)?,
        operator: Operator::of(number(operator)? as u32),
        values: array(values)?.iter().map(Value::read).collect(),
        actual: Value::read(actual),
        held: matches!(held, ValueRef::Boolean(true)),
    })
}

fn array<'a, 'v>(written: &'a ValueRef<'v>) -> Option<&'a [ValueRef<'v>]> {
    match written {
        ValueRef::Array(items) => Some(items),
        _ => None,
    }
}

fn number(written: &ValueRef<'_>) -> Option<i64> {
    match written {
        ValueRef::Integer(number) => number.as_i64(),
        _ => None,
    }
}

fn text(written: &ValueRef<'_>) -> Option<String> {
    match written {
        ValueRef::String(text) => Some(lossy(text.as_bytes())),
        _ => None,
    }
}
