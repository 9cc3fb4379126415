//! How a client starts, what it becomes, and what it tells.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gonfalon::{AsyncClient, Client, Config, Context, Event, Flags, Gate, LoadError, Pace, StartError, State};
use serde_json::json;

use crate::contract::{Server, quick, until};
use crate::tree;

const PATIENCE: Duration = Duration::from_secs(10);

fn values() -> Vec<u8> {
    tree::base64(&tree::json("hostsdk/testdata/values.json")["snapshot"])
}

fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("client-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn compiled(flags: &serde_json::Value, name: &str) -> Vec<u8> {
    let (document, out) = (path(&format!("{name}.json")), path(&format!("{name}.snapshot")));
    std::fs::write(&document, flags.to_string()).expect("a file");
    let program = tree::program("GONFALON_BIN", "./cmd/gonfalon");
    let done = std::process::Command::new(program).arg("compile").arg(&document).arg("-o").arg(&out).output();
    let done = done.expect("gonfalon");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(out).expect("a snapshot")
}

#[test]
fn a_configuration_that_says_too_little_or_too_much_is_an_error() {
    let mut restless = Pace::default();
    restless.usage = Duration::ZERO;
    for config in [
        Config::offline(),
        Config::new("http://127.0.0.1:1", ""),
        Config::new("http://127.0.0.1:1", "line\nbreak"),
        Config::new("ftp://127.0.0.1", "token"),
        Config::new("http://127.0.0.1:1", "token").pace(restless),
        Config::new("not an address", "token"),
        Config::new("http://127.0.0.1:1", "token").file("flags"),
        Config::new("http://127.0.0.1:1", "token").poll_interval(Duration::ZERO),
    ] {
        assert!(matches!(Client::start(config.clone()), Err(StartError::Config(_))), "{config:?}");
    }
    assert!(!format!("{:?}", Config::new("http://127.0.0.1:1", "secret")).contains("secret"));
}

#[test]
fn a_bootstrap_that_cannot_be_used_is_an_error() {
    let mut truncated = values();
    truncated.pop();
    for (bootstrap, code) in [(Vec::new(), 2), (b"<html>".to_vec(), 2), (truncated, 4), (vec![0x94; 40 << 20], 1)] {
        let error = Client::start(Config::offline().bootstrap(bootstrap)).expect_err("no client").to_string();
        let LoadError { code: found, .. } = LoadError { code, offset: 0 };
        assert!(error.contains(&format!("(code {found})")), "{error}");
    }
    let other = Client::start(Config::offline().bootstrap(values()).environment("other")).expect_err("no client");
    assert_eq!(
        other.to_string(),
        "the bootstrap can't be used: a snapshot of environment \"default\", not of \"other\""
    );
}

#[test]
fn a_server_that_is_down_keeps_nobody_from_starting() {
    let started = std::time::Instant::now();
    let down = quick("http://127.0.0.1:1");
    let flags = Client::start(down.clone().ready_within(Duration::from_millis(50))).expect("a client");
    assert!(flags.enabled_or("who", "user:42", true) && flags.decide_all(()).is_empty() && flags.keys().is_empty());
    assert_eq!(flags.explain("who", ()).to_string(), "who · default · nothing loaded · off · NOT_READY");
    let flags = Client::start(down.bootstrap(values()).ready_within(6 * PATIENCE)).expect("a client");
    assert!(flags.enabled("who", "user:42"));
    until(|| format!("{:?}", flags.stats()), PATIENCE, || flags.state() == State::Stale);
    assert!(flags.stats().last_error.is_some() && flags.stats().age.is_none());
    assert!(started.elapsed() < 5 * PATIENCE);
}

#[test]
fn a_file_is_followed() {
    let file = path("file");
    let config = Config::offline().file(&file).ready_within(PATIENCE);
    let flags = Client::start(config).expect("a client");
    assert_eq!(flags.state(), State::NotReady);
    std::fs::write(&file, values()).expect("it is written");
    assert!(flags.wait_ready(PATIENCE) && flags.enabled("who", "user:42"));
    std::fs::write(&file, "<html>").expect("it is written");
    until(|| "it is refused".into(), PATIENCE, || flags.stats().refused == 1);
    assert!(flags.enabled("who", "user:42"));
}

#[test]
fn the_last_good_snapshot_is_found_again() {
    let kept = path("kept");
    std::fs::write(&kept, values()).expect("it is written");
    let flags = Client::start(quick("http://127.0.0.1:1").last_good(&kept)).expect("a client");
    assert!(flags.enabled("who", "user:42") && flags.state() == State::Stale);
    for damaged in [b"".as_slice(), b"<html>"] {
        std::fs::write(&kept, damaged).expect("it is written");
        let flags = Client::start(quick("http://127.0.0.1:1").last_good(&kept)).expect("a client");
        assert!(flags.info().is_none());
    }
}

#[test]
fn a_source_that_says_nothing_makes_a_client_stale() {
    let server = Server::start(&["hostile", "honest"]);
    let config = quick(&server.url).poll_interval(Duration::from_millis(300)).ttl(Duration::from_millis(50));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    let flags = Client::start(config).expect("a client");
    flags
        .subscribe(move |event| {
            if let Event::StateChanged(changed) = event {
                told.lock().expect("no panic").push(changed.state);
            }
        })
        .forever();
    // An event tells it, without anybody asking. The first may have come before anybody listened.
    until(|| format!("{heard:?}"), PATIENCE, || heard.lock().expect("no panic").contains(&State::Stale));
    assert!(flags.enabled("a", "user:1"));
}

#[test]
fn the_edges_of_schedules_are_told() {
    // On a machine that is busy, a schedule can open before the client has started: once more, with more time.
    let told = [1, 4, 16].into_iter().any(|seconds| is_edge_told(Duration::from_secs(seconds)));
    assert!(told);
}

/// Whether a client that has started before a schedule opens tells of it.
fn is_edge_told(ahead: Duration) -> bool {
    let opens = SystemTime::now() + ahead;
    let gonfalon::Value::Text(text) = opens.into() else { panic!("a time is a text") };
    let flags = json!({"flags": [
        {"key": "sale", "gates": [{"type": "schedule", "from": text}]},
        {"key": "banner", "gates": [
            {"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "sale", "enabled": true},
        ]},
        {"key": "other", "gates": [{"type": "boolean", "enabled": true}]},
    ]});
    let flags = Client::start(Config::offline().bootstrap(compiled(&flags, "schedules"))).expect("a client");
    let heard = Arc::new(Mutex::new(None));
    let told = heard.clone();
    let _subscription = flags.subscribe(move |event| {
        if let Event::FlagsChanged(changed) = event {
            *told.lock().expect("no panic") = Some(changed.flags.clone());
        }
    });
    if SystemTime::now() >= opens {
        return false;
    }
    until(|| "the schedule opens".into(), PATIENCE + ahead, || heard.lock().expect("no panic").is_some());
    let changed = heard.lock().expect("no panic").take().expect("an event");
    assert_eq!(Vec::from_iter(changed), ["banner", "sale"]);
    assert!(flags.enabled("sale", ()) && flags.enabled("banner", ()));
    assert_eq!(flags.decide("sale", Context::new(())).gate(), Gate::Schedule);
    true
}

#[test]
fn any_number_of_threads_may_ask() {
    let flags = Client::start(Config::offline().bootstrap(values())).expect("a client");
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let flags = &flags;
            threads.spawn(move || {
                for n in 0..2_000 {
                    assert!(flags.enabled("who", "user:42") && !flags.enabled("who", format!("other:{thread}:{n}")));
                    // While the groups are read, the program asks for another flag.
                    let asking = Flags::clone(flags);
                    let who = Context::new("user:42").in_group(move |_| !asking.enabled("who", "user:42"));
                    assert!(!flags.enabled("staff", who));
                }
            });
        }
    });
    assert_eq!((flags.stats().broken, flags.stats().traps), (0, 0));
}

#[test]
fn a_closed_client_goes_on_deciding() {
    let server = Server::start(&["hostile", "honest"]);
    let flags = Client::start(quick(&server.url).ready_within(PATIENCE)).expect("a client");
    assert!(flags.enabled("a", "user:1"));
    let counted = flags.flush(PATIENCE);
    flags.close();
    flags.close();
    assert!(flags.enabled("a", "user:1") && !flags.flush(PATIENCE) && !flags.wait_for(u64::MAX, PATIENCE));
    println!("usage was delivered: {counted}");
}

#[test]
fn a_listener_may_close_the_client() {
    let server = Server::start(&["hostile", "honest"]);
    let flags = Arc::new(Client::start(quick(&server.url)).expect("a client"));
    let (closing, (tell, told)) = (Arc::downgrade(&flags), std::sync::mpsc::channel());
    let _subscription = flags.subscribe(move |_| {
        closing.upgrade().expect("a client").close();
        _ = tell.send(());
    });
    // The event may have been before the listener was there.
    if flags.state() != State::Ready {
        told.recv_timeout(PATIENCE).expect("an event");
    }
    flags.close();
    assert!(!flags.flush(PATIENCE));
}

#[test]
fn clients_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Client>();
    shared::<AsyncClient>();
    shared::<Context>();
    shared::<gonfalon::testing::FlagsForTest>();
}
