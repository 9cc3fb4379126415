//! Asks the engine by raw requests, to compare its answers with those of other hosts.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::engine::Instance;

/// The name of the engine that decides.
pub const ENGINE: &str = crate::engine::NAME;

/// Decides by raw requests. An instance is kept as long as the snapshot stays the same.
#[derive(Default)]
struct Decider {
    loaded: Option<(Vec<u8>, Instance)>,
}

/// A decision with its texts.
struct Decided {
    packed: u32,
    variant: Option<String>,
    /// The packed decision, then name, payload and target, each after its length.
    bytes: Vec<u8>,
}

impl Decider {
    fn decide(&mut self, snapshot: &[u8], request: &[u8]) -> Result<Decided, String> {
        let instance = match &mut self.loaded {
            Some((data, instance)) if data == snapshot => instance,
            loaded => {
                let instance = Instance::load(snapshot).map_err(|error| error.to_string())?;
                &mut loaded.insert((snapshot.to_vec(), instance)).1
            }
        };
        let record = instance.decide(request).map_err(|failure| failure.to_string())?;
        let mut bytes = record.packed.to_le_bytes().to_vec();
        for text in [record.name, record.payload, record.target] {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text);
        }
        let variant = (record.variant != 0).then(|| String::from_utf8_lossy(record.name).into_owned());
        Ok(Decided { packed: record.packed, variant, bytes })
    }
}

/// How many cases passed, failed and were skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Those with the right answer.
    pub passed: u64,
    /// Those with another.
    pub failed: u64,
    /// Those that no host is asked.
    pub skipped: u64,
}

/// Runs the cases of a file that `gonfalon conformance --emit-cases` wrote, and hands each failure to a function. A line that is no
/// case is an error.
pub fn run(cases: impl BufRead, totals: &mut Totals, mut failed: impl FnMut(&str)) -> io::Result<()> {
    let mut decider = Decider::default();
    for (number, line) in cases.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let odd = |what: &str| io::Error::other(format!("line {} is not a case: {what}", number + 1));
        let case: Value = serde_json::from_str(&line).map_err(|error| odd(&error.to_string()))?;
        if case.get("skipped").is_some() {
            totals.skipped += 1;
            continue;
        }
        let bytes = |name: &str| BASE64_STANDARD.decode(case[name].as_str().unwrap_or("?")).map_err(|_| odd(name));
        let expect = case["expect"].as_object().ok_or_else(|| odd("expect"))?;
        let differs = match decider.decide(&bytes("snapshot")?, &bytes("request")?) {
            Err(error) => error,
            Ok(decided) => differences(expect, &decided),
        };
        if differs.is_empty() {
            totals.passed += 1;
        } else {
            totals.failed += 1;
            failed(&format!("{} {} {} ({}): {differs}", case["file"], case["family"], case["id"], case["flag"]));
        }
    }
    Ok(())
}

/// What of a decision isn't as expected. A member that is left out is not compared, and a decision that needed no score has none.
fn differences(expect: &serde_json::Map<String, Value>, decided: &Decided) -> String {
    let mut differs = String::new();
    let score = decided.packed >> 9 & 0x1_ffff;
    if decided.packed == 0 && expect.get("enabled") != Some(&false.into()) {
        differs.push_str("the snapshot has no such flag; ");
    }
    for (name, wanted) in expect {
        let found: Value = match name.as_str() {
            "enabled" => (decided.packed & 1 == 1).into(),
            "variant" => decided.variant.clone().into(),
            "score16" if score == 0 => continue,
            "score16" => (score - 1).into(),
            _ => {
                differs.push_str("there is nothing to compare; ");
                continue;
            }
        };
        if found != *wanted {
            // Writing to a string can't fail.
            let _ = write!(differs, "{name} is {found}, the reference answered {wanted}; ");
        }
    }
    differs
}

/// Decides (snapshot, request) pairs, each part after its length (u32, little-endian); length 0 is the snapshot of the pair before.
/// Writes for each the packed decision, then the variant's name, its payload and the deciding gate's target, each after its length. A
/// snapshot or request that the engine refuses is 0xffffffff and three empty texts. Returns how many pairs there were, and how many
/// were asked again.
///
/// What a program could ask is asked again as a program would; another decision ends it.
pub fn decide_pairs(mut pairs: impl Read, mut decisions: impl Write) -> io::Result<(u64, u64)> {
    let mut decider = Decider::default();
    let mut again = crate::again::Again::default();
    let mut snapshot = Vec::new();
    let mut count = 0;
    while let Some(changed) = part(&mut pairs)? {
        if !changed.is_empty() {
            snapshot = changed;
        }
        let request = part(&mut pairs)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match decider.decide(&snapshot, &request) {
            Ok(decided) => {
                again.ask(&snapshot, &request, decided.packed).map_err(io::Error::other)?;
                decisions.write_all(&decided.bytes)?;
            }
            Err(_) => {
                decisions.write_all(&[0xff; 4])?;
                decisions.write_all(&[0; 12])?;
            }
        }
        count += 1;
    }
    Ok((count, again.count))
}

fn part(pairs: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if pairs.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    pairs.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length);
    let mut part = Vec::new();
    pairs.take(length.into()).read_to_end(&mut part)?;
    if part.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(part))
}
