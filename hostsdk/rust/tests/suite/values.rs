//! Runs hostsdk/testdata/values.json, as every SDK does.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gonfalon::{Actor, Client, Config, Context, DecisionError, Flags, Id, Reason, Value, Who};
use serde_json::Value as Json;

use crate::tree;

/// What knows its id, or panics when it is asked for it.
struct Identified(Option<Value>);

impl Actor for Identified {
    fn actor_id(&self) -> Id<'_> {
        self.0.clone().expect("an id").into()
    }
}

/// What knows its groups, or panics when it is asked for them.
struct Member(Option<String>, Option<Vec<String>>);

impl Actor for Member {
    fn actor_id(&self) -> Id<'_> {
        self.0.as_deref().into()
    }

    fn in_group(&self, name: &str) -> bool {
        self.1.as_ref().expect("groups").iter().any(|group| group == name)
    }
}

/// A typed value as Rust has it; None if it doesn't have the type.
pub fn typed(value: &Json) -> Option<Value> {
    let (kind, content) = value.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "string" => content.as_str()?.into(),
        "surrogate" => "\u{fffd}".into(), // as a program reads it that has other bytes: String::from_utf8_lossy
        "int" | "bigint" => content.as_str()?.parse::<i128>().ok()?.into(),
        "float" => content.as_str()?.parse::<f64>().ok()?.into(),
        "bool" => content.as_bool()?.into(),
        "null" => Value::Null,
        "list" => content.as_array()?.iter().map(typed).collect::<Option<Vec<_>>>()?.into(),
        "repeated" => vec![typed(&content[0])?; content[1].as_u64()? as usize].into(),
        "map" => {
            let items = content.as_object()?.iter().map(|(name, item)| Some((name.clone(), typed(item)?)));
            items.collect::<Option<BTreeMap<_, _>>>()?.into()
        }
        "time" => time(content.as_str()?).into(),
        #[cfg(feature = "uuid")]
        "uuid" => content.as_str()?.parse::<uuid::Uuid>().ok()?.into(),
        _ => return None,
    })
}

/// A time with a zone, as 2026-11-27T11:00:00+01:00.
fn time(text: &str) -> SystemTime {
    let part = |from: usize, to: usize| text[from..to].parse::<u64>().expect("a number");
    assert_eq!((part(0, 4), part(5, 7)), (2026, 11), "other times aren't needed");
    let first = 1_793_491_200; // 2026-11-01T00:00:00Z
    let local = first + (part(8, 10) - 1) * 86_400 + part(11, 13) * 3_600 + part(14, 16) * 60 + part(17, 19);
    UNIX_EPOCH + Duration::from_secs(local - part(20, 22) * 3_600)
}

/// The actor and groups of a case, asked in as many ways as Rust has.
pub fn contexts(case: &Json) -> Option<Vec<Context>> {
    let attributes = |mut context: Context| {
        for (name, value) in case["attributes"].as_object().into_iter().flatten() {
            context = context.attribute(name, typed(value)?);
        }
        if let Some(roll) = case["roll"].as_str() {
            context = context.roll(roll.parse().expect("a number"));
        }
        Some(context)
    };
    let context = match &case["actor"] {
        Json::Null => Context::new(()),
        actor => match actor["id"].as_object() {
            Some(id) if id.contains_key("raises") => Context::new(&Identified(None)),
            Some(_) => Context::new(&Identified(Some(typed(&actor["id"])?))),
            None => Context::new(typed(actor)?),
        },
    };
    let context = match &case["groups"] {
        Json::Null => context,
        groups if groups.get("member").is_some() => {
            let names = names(&groups["member"]);
            context.in_group(move |name| names.as_ref().expect("groups").iter().any(|group| group == name))
        }
        groups => context.groups_of(&typed(groups)?),
    };
    Some(vec![attributes(context)?])
}

fn names(member: &Json) -> Option<Vec<String>> {
    Some(member.as_array()?.iter().map(|name| name.as_str().expect("a name").to_owned()).collect())
}

fn client(case: &Json, snapshot: &[u8]) -> Client {
    let config = match case["loaded"].as_bool() {
        Some(false) => Config::offline().file("/nonexistent/flags.snapshot").ready_within(Duration::ZERO),
        _ => Config::offline().bootstrap(snapshot),
    };
    Client::start(config).expect("a client")
}

/// What a decision, and the method for the type that the case asks for, should answer.
fn check<'a>(flags: &Flags, case: &Json, who: impl Fn() -> Who<'a>) {
    let (about, want) = (&case["about"], &case["want"]);
    let key = case["flag"].as_str().expect("a key");
    let decision = flags.decide(key, who());
    let found = (decision.enabled(), decision.reason().to_string(), decision.path());
    let text = |name: &str| want[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(found, (want["enabled"] == true, text("reason"), text("gate")), "{about}");
    if decision.reason() == Reason::NotReady {
        let error = match decision.error() {
            None => "PROVIDER_NOT_READY",
            Some(DecisionError::Context(_)) => "INVALID_CONTEXT",
            Some(_) => "GENERAL",
        };
        assert_eq!(error, text("error"), "{about}");
    }
    let default = &case["default"];
    let value: Json = match case["as"].as_str() {
        None => flags.enabled_or(key, who(), default.as_bool().unwrap_or(false)).into(),
        Some("boolean") => flags.payload_bool(key, who()).map_or(default.clone(), Json::from),
        Some("string") => flags.payload_string(key, who()).map_or(default.clone(), Json::from),
        Some("integer") => flags.payload_int(key, who()).map_or(default.clone(), Json::from),
        Some("float") => flags.payload_float(key, who()).map_or(default.clone(), Json::from),
        Some(_) => flags.payload_object(key, who()).map_or(default.clone(), Json::from),
    };
    assert!(same(&value, want.get("value").unwrap_or(&want["enabled"])), "{about}: {value}");
}

/// Compares JSON in which 5 and 5.0 are the same.
pub fn same(found: &Json, wanted: &Json) -> bool {
    match (found, wanted) {
        (Json::Number(found), Json::Number(wanted)) => found.as_f64() == wanted.as_f64(),
        (Json::Array(found), Json::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        (Json::Object(found), Json::Object(wanted)) => {
            found.len() == wanted.len()
                && found.iter().all(|(name, found)| wanted.get(name).is_some_and(|wanted| same(found, wanted)))
        }
        _ => found == wanted,
    }
}

/// The cases of a kind of host.
pub fn cases<'a>(contract: &'a Json, host: &'a str) -> impl Iterator<Item = &'a Json> {
    let cases = contract["cases"].as_array().expect("cases");
    cases.iter().filter(move |case| case["hosts"].as_array().is_none_or(|hosts| hosts.contains(&host.into())))
}

#[test]
fn values_mean_what_the_contract_says() {
    let contract = tree::json("hostsdk/testdata/values.json");
    let snapshot = tree::base64(&contract["snapshot"]);
    let (mut run, mut skipped) = (0, 0);
    for case in cases(&contract, "sdk") {
        let Some(contexts) = contexts(case) else {
            skipped += 1;
            continue;
        };
        run += 1;
        let flags = client(case, &snapshot);
        for context in &contexts {
            check(&flags, case, || context.into());
            check(&flags, case, || context.clone().into());
        }
        // The same by what a program hands in without a context.
        let actor = &case["actor"];
        let bare = case["attributes"].is_null() && case["roll"].is_null();
        if bare && case["groups"].is_null() {
            match actor.get("id") {
                None => check(&flags, case, || typed(actor).map_or(().into(), Who::from)),
                Some(id) => check(&flags, case, || (&*Box::leak(Box::new(Identified(typed(id))))).into()),
            }
        }
        if let Some(member) = case["groups"].get("member").filter(|_| bare) {
            let actor = Member(actor["string"].as_str().map(str::to_owned), names(member));
            check(&flags, case, || (&actor).into());
        }
    }
    println!("{run} cases, {skipped} skipped, of types that Rust doesn't have");
    assert!(run > 85, "{run} cases");
}

#[test]
fn what_cannot_be_read_is_counted() {
    let contract = tree::json("hostsdk/testdata/values.json");
    let snapshot = tree::base64(&contract["snapshot"]);
    let flags = Client::start(Config::offline().bootstrap(snapshot)).expect("a client");
    assert!(!flags.enabled("who", 42.5));
    assert!(!flags.enabled("who", Value::Bool(true)));
    assert!(!flags.enabled("staff", Context::new("user:42").groups_of(&vec![5].into())));
    assert!(!flags.enabled("staff", Context::new("user:42").in_group(|_| panic!("who knows"))));
    assert!(!flags.enabled("mispelt", "user:42"));
    let stats = flags.stats();
    assert_eq!((stats.unreadable, stats.unknown, stats.broken), (4, 1, 0));
}
