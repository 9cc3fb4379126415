//! Writes which of the features of hostsdk/surface.json the crate has, and compares it with features.json:
//! `GONFALON_UPDATE=1 cargo test features` writes the file.

use serde_json::{Value as Json, json};

use crate::surface::{block, methods};
use crate::tree;

#[test]
fn the_features_are_those_of_the_crate() {
    let (flags, client) = (methods("flags.rs", "Flags"), methods("client.rs", "Client"));
    let config = methods("config.rs", "Config");
    let source = |file: &str| tree::root().join("hostsdk/rust/src").join(file).exists();
    let tested = |name: &str| tree::root().join(format!("hostsdk/rust/tests/suite/{name}.rs")).exists();
    let all = |has: &std::collections::BTreeSet<String>, names: &[&str]| names.iter().all(|name| has.contains(*name));
    let asks = ["enabled", "variant", "payload", "payload_bool", "payload_string", "payload_int", "payload_float"];
    let more = ["payload_object", "decide", "decide_all", "explain"];
    let rows: [(bool, &str); 14] = [
        (source("engine/c.rs") && source("engine/wasmi.rs"), "C; wasmi"),
        (all(&flags, &asks) && all(&flags, &more), "yes"),
        (!block("context.rs", "impl Context {").is_empty(), "yes"),
        (config.contains("poll_interval") && tested("recorded"), "yes"),
        (all(&config, &["file", "bootstrap", "last_good"]), "yes"),
        (source("in_process.rs"), "yes"),
        (all(&flags, &["state", "subscribe", "stats"]), "yes"),
        (client.contains("flush") && source("host.rs"), "yes"),
        (source("testing.rs"), "`gonfalon::testing`"),
        (source("openfeature.rs") && tested("provider"), "yes"),
        (source("conformance.rs") && tested("values") && tested("recorded"), "yes"),
        (client.contains("wait_for") && source("schedules.rs"), "yes"),
        (source("score.rs"), "`score`"),
        (source("admin.rs"), "`gonfalon::admin`"),
    ];
    let shared = tree::json("hostsdk/surface.json");
    let names = shared["features"].as_array().expect("features");
    assert_eq!(names.len(), rows.len());
    // In their order, which a map of serde_json doesn't keep.
    let lines: Vec<String> = names
        .iter()
        .zip(rows)
        .map(|(name, (has, what))| format!("  {name}: {}", json!(if has { what } else { "–" })))
        .collect();
    let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
    let file = tree::root().join("hostsdk/rust/features.json");
    if std::env::var_os("GONFALON_UPDATE").is_some() {
        std::fs::write(&file, &text).expect("it is written");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "GONFALON_UPDATE=1 writes it");
    let _: Json = serde_json::from_str(&text).expect("JSON");
}
