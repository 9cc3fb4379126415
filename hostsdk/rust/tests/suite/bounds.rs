//! Runs hostsdk/testdata/bounds.json, as every SDK does: contexts and questions that are too large.

use gonfalon::{Client, Config, DecisionError, Reason};

use crate::{tree, values};

fn client() -> Client {
    let contract = tree::json("hostsdk/testdata/values.json");
    Client::start(Config::offline().bootstrap(tree::base64(&contract["snapshot"]))).expect("a client")
}

#[test]
fn a_context_that_is_too_large_comes_to_what_the_contract_says() {
    let flags = client();
    let bounds = tree::json("hostsdk/testdata/bounds.json");
    for case in ["cases", "requests"].iter().flat_map(|name| bounds[name].as_array().expect("cases")) {
        let (about, want) = (&case["about"], &case["want"]);
        let key = case["flag"].as_str().expect("a key");
        for who in values::contexts(case).expect("types that Rust has") {
            let more = case["more_attributes"].as_u64().unwrap_or(0);
            let who = who.attributes((0..more).map(|n| (format!("more {n}"), 0)));
            let mut decisions = flags.decide_some(&[key], &who);
            decisions.push(flags.decide(key, &who));
            for decision in &decisions {
                let found = (decision.enabled(), decision.reason().to_string(), decision.path());
                let text = |name: &str| want[name].as_str().unwrap_or_default().to_owned();
                assert_eq!(found, (want["enabled"] == true, text("reason"), text("gate")), "{about}");
                let unread = matches!(decision.error(), Some(DecisionError::Context(_)));
                assert_eq!(unread, want["error"] == "INVALID_CONTEXT", "{about}");
            }
            assert_eq!(flags.enabled(key, &who), want["enabled"] == true, "{about}");
        }
    }
    assert_eq!(flags.stats().broken, 0);
}

#[test]
fn a_question_names_no_more_keys_than_the_contract_says() {
    let flags = client();
    for case in tree::json("hostsdk/testdata/bounds.json")["keys"].as_array().expect("keys") {
        let [count, wanted] = ["count", "decisions"].map(|name| case[name].as_u64().expect("a number") as usize);
        let broken = flags.stats().broken;
        assert_eq!(flags.decide_some(&vec!["who"; count], ()).len(), wanted);
        assert_eq!(flags.stats().broken - broken, u64::from(wanted == 0));
    }
}

#[test]
fn keys_that_are_too_long_are_of_no_flag_and_make_no_request_too_large() {
    let flags = client();
    let key = "k".repeat(1 << 20);
    let decisions = flags.decide_some(&[&*key; 64], ());
    assert!(decisions.len() == 64 && decisions.iter().all(|decision| !decision.known() && decision.error().is_none()));
    assert_eq!(flags.explain(&"k".repeat(33 << 20), ()).decision.reason(), Reason::UnknownFlag);
    assert_eq!(flags.stats().broken, 0);
}
