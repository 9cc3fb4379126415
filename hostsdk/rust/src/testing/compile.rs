//! A snapshot of a test's flags, in the bytes that engine/snapshot/FORMAT.md describes.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::Flag;
use crate::msgpack::{array, binary, int, nil, text};

pub(super) fn snapshot(flags: &BTreeMap<String, Flag>, revision: i64) -> Vec<u8> {
    let slots: usize = flags.values().map(|flag| slots(flag.actors.len()) + slots(flag.groups.len())).sum();
    let variants = flags.values().filter(|flag| flag.variant.is_some()).count();
    let prerequisites: usize = flags.values().map(|flag| flag.requires.len()).sum();
    let mut out = Vec::new();
    array(&mut out, 4);
    array(&mut out, 7);
    text(&mut out, "gonfalon");
    int(&mut out, 1);
    text(&mut out, "test");
    binary(&mut out, &[0; 16]);
    int(&mut out, revision);
    numbers(&mut out, &[0]);
    numbers(&mut out, &[flags.len(), 0, slots, 0, 0, 0, variants, prerequisites, 0, 0, 0, 0]);
    array(&mut out, 0);
    array(&mut out, flags.len());
    for (key, flag) in flags {
        array(&mut out, 2);
        text(&mut out, key);
        binary(&mut out, &record(flag));
    }
    out.extend([0xc4, 32]); // the head of the id, which the id is about, too
    let id = Sha256::digest(&out);
    out.extend(id);
    out
}

fn record(flag: &Flag) -> Vec<u8> {
    let mut out = Vec::new();
    array(&mut out, 10);
    int(&mut out, i64::from(flag.on) | i64::from(flag.killed) << 1);
    int(&mut out, flag.share_of_actors.map_or(0, |ratio| 1 + (ratio * 65_536.0).min(65_535.0) as i64));
    int(&mut out, flag.share_of_time.map_or(0, |ratio| 1 + draws(ratio)));
    int(&mut out, 0);
    table(&mut out, &flag.actors);
    table(&mut out, &flag.groups);
    array(&mut out, 0);
    array(&mut out, usize::from(flag.variant.is_some()));
    if let Some((name, payload)) = &flag.variant {
        array(&mut out, 3);
        text(&mut out, name);
        int(&mut out, 65_536);
        match payload {
            None => nil(&mut out),
            Some(payload) => binary(&mut out, payload.to_string().as_bytes()),
        }
    }
    array(&mut out, 2 * flag.requires.len());
    for (parent, required) in &flag.requires {
        text(&mut out, parent);
        crate::msgpack::boolean(&mut out, *required);
    }
    array(&mut out, 0);
    out
}

fn table(out: &mut Vec<u8>, states: &BTreeMap<String, bool>) {
    array(out, 2 * states.len());
    for (name, allowed) in states {
        text(out, name);
        int(out, if *allowed { 2 } else { 1 });
    }
}

fn numbers(out: &mut Vec<u8>, numbers: &[usize]) {
    array(out, numbers.len());
    numbers.iter().for_each(|number| int(out, *number as i64));
}

/// The smallest power of two that is at least 2 and at least n + n/2; nothing for an empty table.
fn slots(n: usize) -> usize {
    if n == 0 { 0 } else { (n + n / 2).next_power_of_two().max(2) }
}

/// The greatest n of 1 … 10000 with n/10000 ≤ ratio; 0 if there is none.
fn draws(ratio: f64) -> i64 {
    let nearest = (ratio * 10_000.0) as i64 + 1;
    if nearest as f64 / 10_000.0 > ratio { nearest - 1 } else { nearest }
}
