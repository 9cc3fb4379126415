//! Which flags another snapshot, or the time, can decide otherwise.
//!
//! It reads the records of engine/snapshot/FORMAT.md. Both snapshots have been loaded, so they are sound, but a newer server may
//! have written some records in a form that isn't known here.
//!
//! Why: RATIONALE.md "Why do SDKs read flags' records?"

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rmpv::ValueRef;

use crate::engine::abi::lossy;
use crate::msgpack;

// The members of a flag's record, and one of a header's counts.
const GROUPS: usize = 5;
const RULES: usize = 6;
#[cfg(feature = "openfeature")]
const VARIANTS: usize = 7;
const PREREQUISITES: usize = 8;
const WINDOWS: usize = 9;
const SCHEDULES: usize = 8;

const DENIED: i64 = 1;
const ALLOWED: i64 = 2;

/// A snapshot's records by key, and how flags refer to others.
#[derive(Default)]
pub(crate) struct Records<'a> {
    settings: Option<ValueRef<'a>>,
    segments: BTreeMap<String, &'a [u8]>,
    flags: BTreeMap<String, &'a [u8]>,
}

impl<'a> Records<'a> {
    pub(crate) fn read(data: &'a [u8]) -> Self {
        let mut records = Records::default();
        let Some((ValueRef::Array(parts), _)) = msgpack::read(data) else { return records };
        if let [ValueRef::Array(header), segments, flags, _] = parts.as_slice() {
            records.settings = header.get(5).cloned();
            records.segments = pairs(segments);
            records.flags = pairs(flags);
        }
        records
    }

    /// A flag's record; nothing if it is of an unknown form.
    fn record(&self, key: &str) -> Vec<ValueRef<'a>> {
        match self.flags.get(key).and_then(|written| msgpack::read(written)) {
            Some((ValueRef::Array(members), _)) if members.len() > WINDOWS => members,
            _ => Vec::new(),
        }
    }

    /// The segments that a flag's gates name.
    fn segments_of(&self, key: &str) -> BTreeSet<String> {
        let record = self.record(key);
        items(record.get(RULES)).iter().filter_map(|rule| items(Some(rule)).get(1).and_then(text)).collect()
    }

    /// The flags that a flag requires, on or off.
    fn parents_of(&self, key: &str) -> Vec<String> {
        let record = self.record(key);
        items(record.get(PREREQUISITES)).iter().step_by(2).filter_map(text).collect()
    }

    /// When a flag's schedules open and close, in Unix microseconds.
    fn edges_of(&self, key: &str) -> Vec<i64> {
        self.record(key).get(WINDOWS).map(numbers).unwrap_or_default()
    }

    /// Whether a flag allows some groups and denies others, so that the setting of which win matters.
    fn is_torn(&self, key: &str) -> bool {
        let record = self.record(key);
        let states: Vec<i64> = items(record.get(GROUPS)).iter().skip(1).step_by(2).filter_map(number).collect();
        states.iter().any(|state| *state != ALLOWED) && states.iter().any(|state| *state != DENIED)
    }

    /// The payloads of a flag's variants, as JSON.
    #[cfg(feature = "openfeature")]
    pub(crate) fn payloads_of(&self, key: &str) -> Vec<&'a [u8]> {
        let record = self.record(key);
        items(record.get(VARIANTS)).iter().filter_map(|variant| items(Some(variant)).get(2).and_then(binary)).collect()
    }
}

/// The keys of every flag whose decision can differ.
pub(crate) fn changed_flags(old: Option<&[u8]>, new: &[u8]) -> BTreeSet<String> {
    let (before, after) = (old.map(Records::read).unwrap_or_default(), Records::read(new));
    let every: BTreeSet<&String> = before.flags.keys().chain(after.flags.keys()).collect();
    let reset = old.is_some() && before.settings != after.settings;
    let segments: BTreeSet<String> = before
        .segments
        .keys()
        .chain(after.segments.keys())
        .filter(|key| before.segments.get(*key) != after.segments.get(*key))
        .cloned()
        .collect();
    let changed = every.into_iter().filter(|key| {
        before.flags.get(*key) != after.flags.get(*key)
            || reset && (before.is_torn(key) || after.is_torn(key))
            || !segments.is_empty()
                && (!segments.is_disjoint(&before.segments_of(key)) || !segments.is_disjoint(&after.segments_of(key)))
    });
    with_dependents(changed.cloned().collect(), &[&before, &after])
}

/// These flags, and those that require one of them, through any number of parents, in one of the snapshots.
fn with_dependents(mut found: BTreeSet<String>, snapshots: &[&Records<'_>]) -> BTreeSet<String> {
    let mut children: HashMap<String, Vec<&String>> = HashMap::new();
    for records in snapshots {
        for key in records.flags.keys() {
            for parent in records.parents_of(key) {
                children.entry(parent).or_default().push(key);
            }
        }
    }
    let mut queue: Vec<String> = found.iter().cloned().collect();
    while let Some(key) = queue.pop() {
        for child in children.get(&key).into_iter().flatten() {
            if found.insert(child.to_string()) {
                queue.push(child.to_string());
            }
        }
    }
    found
}

/// Whether the time can change a decision of a snapshot. It reads the header alone.
pub(crate) fn has_schedules(data: &[u8]) -> bool {
    // After the head of an array of four.
    let Some((header, _)) = data.get(1..).and_then(msgpack::read) else { return false };
    let counts = items(Some(&header)).get(6).map(numbers).unwrap_or_default();
    counts.get(SCHEDULES).is_some_and(|count| *count != 0)
}

/// When the schedules of a snapshot open and close, in Unix microseconds.
pub(crate) struct Schedules {
    data: Arc<[u8]>,
    edges: Vec<(i64, String)>,
}

impl Schedules {
    pub(crate) fn read(data: &Arc<[u8]>) -> Self {
        let mut edges = Vec::new();
        if has_schedules(data) {
            let records = Records::read(data);
            for key in records.flags.keys() {
                // The ends of a window that has none are the ends of time.
                let real = |edge: &i64| !matches!(*edge, i64::MIN | i64::MAX);
                edges.extend(records.edges_of(key).into_iter().filter(real).map(|edge| (edge, key.clone())));
            }
        }
        edges.sort_unstable();
        Schedules { data: data.clone(), edges }
    }

    /// The first edge after a time.
    pub(crate) fn next(&self, after: i64) -> Option<i64> {
        self.edges.get(self.place(after)).map(|(edge, _)| *edge)
    }

    /// The flags whose decision the edges after one time and not after another can change.
    pub(crate) fn passed(&self, after: i64, until: i64) -> BTreeSet<String> {
        let passed = &self.edges[self.place(after)..self.place(until)];
        if passed.is_empty() {
            return BTreeSet::new();
        }
        with_dependents(passed.iter().map(|(_, key)| key.clone()).collect(), &[&Records::read(&self.data)])
    }

    fn place(&self, at: i64) -> usize {
        self.edges.partition_point(|(edge, _)| *edge <= at)
    }
}

fn pairs<'a>(written: &ValueRef<'a>) -> BTreeMap<String, &'a [u8]> {
    let pair = |item: &ValueRef<'a>| match items(Some(item)) {
        [key, record] => Some((text(key)?, binary(record)?)),
        _ => None,
    };
    items(Some(written)).iter().filter_map(pair).collect()
}

fn items<'b, 'a>(written: Option<&'b ValueRef<'a>>) -> &'b [ValueRef<'a>] {
    match written {
        Some(ValueRef::Array(items)) => items,
        _ => &[],
    }
}

fn numbers(written: &ValueRef<'_>) -> Vec<i64> {
    items(Some(written)).iter().filter_map(number).collect()
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

fn binary<'a>(written: &ValueRef<'a>) -> Option<&'a [u8]> {
    match written {
        ValueRef::Binary(bytes) => Some(bytes),
        _ => None,
    }
}
