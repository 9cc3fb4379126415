//! Replays the recorded sessions of hostsdk/testdata/sessions, as every SDK does.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::Duration;

use gonfalon::{Client, Context, Event};
use serde_json::{Value as Json, json};

use crate::contract::{Server, quick, until};
use crate::tree;

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn recorded_sessions_are_followed() {
    let mut count = 0;
    let folder = tree::root().join("hostsdk/testdata/sessions");
    for file in std::fs::read_dir(folder).expect("the sessions") {
        let path = file.expect("a file").path();
        println!("{}", path.display());
        replay(path.to_str().expect("a path"));
        count += 1;
    }
    assert!(count >= 10, "{count} sessions");
}

fn replay(path: &str) {
    let server = Server::start(&["replay", path]);
    let mut config = quick(&server.url).grace(Duration::from_secs(5)); // what the sessions rest on
    let (status, bootstrap) = server.ask("GET", "/replay/bootstrap");
    if status == 200 {
        config = config.bootstrap(bootstrap);
    }
    let flags = Client::start(config).expect("a client");
    let (tell, changes) = mpsc::channel();
    let _subscription = flags.subscribe(move |event| {
        if let Event::FlagsChanged(changed) = event {
            tell.send(changed.flags.clone()).expect("the test listens");
        }
    });
    let mut checked = 0;
    loop {
        let (status, answer) = server.ask("POST", "/replay/next");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&answer));
        let step: Json = serde_json::from_slice(&answer).expect("JSON");
        if step["end"] == true {
            break;
        }
        let about = format!("{path}, step {}", step["step"]);
        if let Some(keys) = step["changed"].as_array() {
            let wanted: BTreeSet<String> = keys.iter().map(|key| key.as_str().expect("a key").into()).collect();
            assert_eq!(changes.recv_timeout(PATIENCE).expect(&about), wanted, "{about}");
        }
        if step["expect"].is_object() {
            check(&flags, &about, &step["expect"]);
        }
        checked += 1;
    }
    assert!(checked > 0, "{path}: there was nothing to check");
}

fn check(flags: &Client, about: &str, expect: &Json) {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let wanted = (text(&expect["lineage"]), expect["revision"].as_u64(), expect["refused"].as_u64().unwrap_or(0));
    let look = || format!("{about}: {:?}, not {expect}", flags.stats());
    until(look, PATIENCE, || {
        let info = flags.info();
        let serving = info.map_or((None, None), |info| (Some(info.lineage), Some(info.revision)));
        (serving.0, serving.1, flags.stats().refused) == wanted && flags.state().to_string() == expect["state"]
    });
    for question in expect["decisions"].as_array().into_iter().flatten() {
        let mut context = match question["actor"].as_str() {
            Some(actor) => Context::new(actor),
            None => Context::new(()),
        };
        for group in question["groups"].as_array().into_iter().flatten() {
            context = context.group(group.as_str().expect("a group"));
        }
        for (name, value) in question["attributes"].as_object().into_iter().flatten() {
            context = context.attribute(name, value.clone());
        }
        context = context.now(question["now"].as_i64().expect("a time"));
        context = context.roll(question["roll"].as_str().expect("chance").parse().expect("chance"));
        let decision = flags.decide(question["flag"].as_str().expect("a key"), &context);
        let found = decision.resolve();
        let answer = json!({
            "enabled": decision.enabled(), "variant": decision.variant(), "value": found.value, "reason": found.reason,
            "error": found.error,
        });
        for (name, found) in answer.as_object().expect("an object") {
            assert!(crate::values::same(found, &question[name]), "{about}: {name} is {found} for {question}");
        }
    }
}
