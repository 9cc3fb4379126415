//! Flags that a test sets.

use std::sync::{Arc, Mutex};

use gonfalon::testing::{FlagsForTest, Target};
use gonfalon::{Context, Event, Gate, Reason, State};
use serde_json::json;

use crate::tree;

#[test]
fn a_test_sets_flags() {
    let mut flags = FlagsForTest::new();
    assert!(!flags.decide("a", "user:1").known());
    flags.enable("a", ());
    assert!(flags.enabled("a", "user:1"));
    flags.disable("a", Target::for_actor("user:1"));
    assert!(!flags.enabled("a", "user:1") && flags.enabled("a", "user:2"));
    flags.enable("b", Target::for_group("staff"));
    assert_eq!(flags.decide("b", Context::new("user:1").group("staff")).path(), "group/staff");
    flags.enable("c", Target::for_percentage_of_actors(0.5));
    let on = (0..1000).filter(|n| flags.enabled("c", format!("user:{n}"))).count();
    assert!((400..600).contains(&on), "{on}");
    flags.enable("d", Target::for_percentage_of_time(0.25));
    let on = (0..1000).filter(|n| flags.enabled("d", Context::new(1).roll(*n))).count();
    assert!((150..350).contains(&on), "{on}");
    assert_eq!(flags.decide("d", Context::new(1).roll(2)).gate(), Gate::None);
    flags.enable("child", ());
    flags.enable("child", Target::requires("parent"));
    assert_eq!(flags.decide("child", ()).reason(), Reason::Prerequisite);
    flags.enable("parent", ());
    assert!(flags.enabled("child", ()));
    flags.kill("child");
    assert!(flags.decide("child", ()).killed());
    flags.clear("child");
    assert!(!flags.decide("child", ()).known());
}

#[test]
fn a_test_serves_variants() {
    let mut flags = FlagsForTest::new();
    flags.serve("hero", "blue", json!({"hex": "#00f", "width": 3}));
    assert_eq!(flags.variant("hero", "user:1").as_deref(), Some("blue"));
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Hero {
        hex: String,
        width: u32,
    }
    assert_eq!(flags.payload("hero", "user:1"), Some(Hero { hex: "#00f".into(), width: 3 }));
    assert_eq!(flags.payload::<Vec<u8>>("hero", "user:1"), None);
    assert_eq!(flags.payload_int("hero", "user:1"), None);
    flags.serve("size", "large", 3);
    assert_eq!((flags.payload_int("size", 1), flags.payload_float("size", 1)), (Some(3), Some(3.0)));
    flags.serve("plain", "one", ());
    assert!(!flags.decide("plain", 1).has_payload());
    assert_eq!(flags.variant("plain", ()), None);
}

#[test]
fn what_a_test_sets_goes_before_its_base() {
    let contract = tree::json("hostsdk/testdata/values.json");
    let mut flags = FlagsForTest::over(&tree::base64(&contract["snapshot"])).expect("a snapshot");
    assert!(flags.enabled("who", "user:42"));
    let all = flags.keys().len();
    flags.enable("who", Target::for_actor("user:1"));
    flags.enable("mine", ());
    assert!(!flags.enabled("who", "user:42") && flags.enabled("who", "user:1") && flags.enabled("mine", ()));
    assert_eq!(flags.keys().len(), all + 1);
    let decisions = flags.decide_all("user:42");
    assert!(decisions.len() == all + 1 && decisions.is_sorted_by_key(|decision| decision.key().to_owned()));
    assert!(!flags.explain("text", Context::new(1).attribute("s", "pro")).steps.is_empty());
    assert!(FlagsForTest::over(b"nothing").is_err());
}

#[test]
fn changes_are_told() {
    let mut flags = FlagsForTest::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    let subscription = flags.subscribe(move |event| {
        if let Event::FlagsChanged(changed) = event {
            told.lock().expect("no panic").extend(changed.flags.clone());
        }
    });
    flags.enable("a", ());
    flags.subscribe(|_| panic!("a listener's own affair")).forever();
    flags.kill("b");
    drop(subscription);
    flags.enable("c", ());
    assert_eq!(*heard.lock().expect("no panic"), ["a", "b"]);
    flags.unload();
    assert!(flags.enabled_or("a", (), true) && flags.decide("a", ()).reason() == Reason::NotReady);
    assert_eq!(flags.state(), State::NotReady);
    flags.enable("a", ());
    assert!(flags.enabled("a", ()) && flags.state() == State::Ready);
}
