//! Asks as a program would what a raw request asks, which leaves out of the request what the flag doesn't need.

use std::sync::Arc;

use rmpv::ValueRef;

use crate::actor::{Actor, Id, Who};
use crate::context::Context;
use crate::engine::Engine;
use crate::msgpack;
use crate::value::Value;

/// An engine is kept as long as the snapshot stays the same.
#[derive(Default)]
pub(crate) struct Again {
    engine: Option<Engine>,
    pub(crate) count: u64,
}

struct Keyless;

impl Actor for Keyless {
    fn actor_id(&self) -> Id<'_> {
        None::<&str>.into()
    }
}

impl Again {
    /// An error if the decision is another one than that of the request.
    pub(crate) fn ask(&mut self, snapshot: &[u8], request: &[u8], packed: u32) -> Result<(), String> {
        let Some((key, context)) = question(request) else { return Ok(()) };
        let engine = match &mut self.engine {
            Some(engine) if *engine.data == *snapshot => engine,
            engine => {
                let loaded = Engine::load(snapshot, Arc::default()).map_err(|error| error.to_string())?;
                engine.insert(loaded)
            }
        };
        self.count += 1;
        let who = Who::from(&context);
        let answers = [
            ("evaluated", engine.evaluate(&key, &who)),
            ("decided", engine.decide(&key, &who).map(|decision| decision.packed())),
            ("decided with others", engine.decide_all(Some(&[&key]), &who).map(|decisions| decisions[0].packed())),
        ];
        for (way, answer) in answers {
            let answer = answer.map_err(|error| format!("{request:x?} {way}: {error}"))?;
            if answer != packed {
                return Err(format!("{request:x?} is {packed:#x}, {way} {answer:#x}"));
            }
        }
        Ok(())
    }
}

/// Key and context of a request for one flag; None if no program can ask so: the SDK would write other parts than the request has.
fn question(request: &[u8]) -> Option<(String, Context)> {
    let mut rest = request.strip_prefix(&[0x96])?;
    let mut parts = Vec::new();
    for _ in 0..6 {
        let (value, after) = msgpack::read(rest)?;
        parts.push((value, &rest[..rest.len() - after.len()]));
        rest = after;
    }
    let [(key, _), (actor, _), (groups, _), (now, _), (roll, _), (attributes, _)] = parts.as_slice() else {
        return None;
    };
    let text = |value: &ValueRef<'_>| match value {
        ValueRef::String(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
        _ => None,
    };
    let mut context = match actor {
        ValueRef::Nil => Context::new(()),
        ValueRef::Boolean(false) => Context::new(&Keyless),
        actor => Context::new(text(actor)?),
    };
    let ValueRef::Array(groups) = groups else { return None };
    for name in groups {
        context = context.group(text(name)?);
    }
    let ValueRef::Map(attributes) = attributes else { return None };
    for (name, value) in attributes {
        context = context.attribute(text(name)?, Value::read(value));
    }
    let (ValueRef::Integer(now), ValueRef::Integer(roll)) = (now, roll) else { return None };
    let roll = roll.as_u64().or(roll.as_i64().map(|roll| roll as u64))?;
    context = context.now(now.as_i64()?).roll(roll);
    let reading = crate::context::Reading::of_context(&context);
    let mut again = Vec::new();
    reading.actor.write(&mut again);
    reading.write_groups(std::iter::empty(), &mut again).ok()?;
    let mut written: Vec<u8> = [parts[1].1, parts[2].1].concat();
    reading.write_attributes(None, &mut again).ok()?;
    written.extend(parts[5].1);
    (rest.is_empty() && again == written).then_some((text(key)?, context))
}
