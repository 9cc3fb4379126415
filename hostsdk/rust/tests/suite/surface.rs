//! Holds hostsdk/surface.json, and what is different here, against what the crate exports. It reads the sources, which rustfmt has
//! formatted: a block ends with a brace in the first column.

use std::collections::BTreeSet;

use gonfalon::{Gate, Operator, Outcome, Reason, State};
use serde_json::Value as Json;

use crate::tree;

type Names = BTreeSet<String>;

/// The lines of the block that begins with a line.
pub fn block(file: &str, begin: &str) -> Vec<String> {
    let path = tree::root().join("hostsdk/rust/src").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut lines = text.lines().skip_while(|line| *line != begin).skip(1);
    let block: Vec<String> = lines.by_ref().take_while(|line| *line != "}").map(str::to_owned).collect();
    assert!(!block.is_empty(), "{file} has no {begin:?}");
    block
}

fn named(line: &str, before: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix(before)?;
    Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

/// The public methods of a type that are about a value of it.
pub fn methods(file: &str, kind: &str) -> Names {
    let lines = block(file, &format!("impl {kind} {{"));
    let about_self = |line: &&String| line.contains("self");
    let name = |line: &String| named(line, "pub fn ").or_else(|| named(line, "pub async fn "));
    // A signature that takes several lines has self on the next.
    let joined: Vec<String> = lines.windows(2).map(|pair| pair[0].clone() + &pair[1]).collect();
    joined.iter().filter(about_self).filter_map(name).collect()
}

fn fields(file: &str, kind: &str) -> Names {
    block(file, &format!("pub struct {kind} {{")).iter().filter_map(|line| named(line, "pub ")).collect()
}

fn union(sets: &[Names]) -> Names {
    sets.iter().flatten().cloned().collect()
}

fn set(names: &[&str]) -> Names {
    names.iter().map(|name| name.to_string()).collect()
}

fn exported() -> Names {
    let text = std::fs::read_to_string(tree::root().join("hostsdk/rust/src/lib.rs")).expect("lib.rs");
    let mut names = Names::new();
    for line in text.lines().filter(|line| line.starts_with("pub use ")) {
        let list = line.rsplit("::").next().expect("a path").trim_matches(|c| "{};".contains(c));
        names.extend(list.split(", ").map(str::to_owned));
    }
    names
}

fn has(section: &str) -> Names {
    match section {
        "client" => union(&[methods("client.rs", "Client"), methods("flags.rs", "Flags")]),
        "config" => union(&[methods("config.rs", "Config"), set(&["endpoint"])]),
        "decision" => methods("decision.rs", "Decision"),
        "explanation" => union(&[fields("explanation.rs", "Explanation"), methods("explanation.rs", "Explanation")]),
        "step" => union(&[fields("explanation.rs", "Step"), methods("explanation.rs", "Step")]),
        "comparison" => fields("explanation.rs", "Comparison"),
        "stats" => fields("flags.rs", "Stats"),
        "info" => union(&[fields("engine/abi.rs", "SnapshotInfo"), methods("engine/abi.rs", "SnapshotInfo")]),
        "state_event" => fields("status.rs", "StateChanged"),
        "flags_event" => fields("status.rs", "FlagsChanged"),
        "test" => methods("testing.rs", "FlagsForTest"),
        "target" => block("testing.rs", "impl Target {").iter().filter_map(|line| named(line, "pub fn ")).collect(),
        "package" => exported(),
        other => panic!("a section of an unknown kind: {other}"),
    }
}

#[test]
fn the_names_are_those_of_the_surface() {
    let (shared, own) = (tree::json("hostsdk/surface.json"), tree::json("hostsdk/rust/surface.json"));
    for (section, about) in shared.as_object().expect("sections") {
        if ["languages", "features", "words"].contains(&section.as_str()) {
            continue;
        }
        let other = &own["other"][section];
        let mut wanted = Names::new();
        for row in about["names"].as_array().expect("rows") {
            let name = row[1].as_str().expect("a name");
            match other.get(name) {
                None => _ = wanted.insert(name.into()),
                Some(Json::Null) => {}
                Some(here) => _ = wanted.insert(here.as_str().expect("a name").into()),
            }
        }
        wanted.extend(own["more"][section].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        assert_eq!(has(section), wanted, "{section}");
    }
}

#[test]
fn the_words_are_those_of_the_surface() {
    let words = &tree::json("hostsdk/surface.json")["words"];
    let written =
        |named: &[&dyn std::fmt::Display]| Json::from(named.iter().map(|word| word.to_string()).collect::<Vec<_>>());
    let reasons: Vec<_> = Reason::NAMED.iter().map(|word| word as _).collect();
    let gates: Vec<_> = Gate::NAMED.iter().filter(|gate| **gate != Gate::None).map(|word| word as _).collect();
    let outcomes: Vec<_> = Outcome::NAMED.iter().map(|word| word as _).collect();
    let operators: Vec<_> = Operator::NAMED.iter().map(|word| word as _).collect();
    let states = [State::NotReady, State::Ready, State::Stale, State::Error];
    assert_eq!(written(&reasons), words["reason"]);
    assert_eq!(written(&gates), words["gate"]);
    assert_eq!(written(&outcomes), words["outcome"]);
    assert_eq!(written(&operators), words["operator"]);
    assert_eq!(written(&states.each_ref().map(|state| state as _)), words["state"]);
}
