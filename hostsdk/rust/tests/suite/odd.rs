//! Whatever a program hands in or does to its clients, and whatever a server sends back, nothing panics or hangs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use gonfalon::testing::FlagsForTest;
use gonfalon::{Actor, AsyncClient, Client, Config, Context, Flags, Id, State, Value, score};

use sha2::{Digest, Sha256};

use crate::contract::{Server, quick, until};
use crate::tree;

const PATIENCE: Duration = Duration::from_secs(10);

fn values() -> Vec<u8> {
    tree::base64(&tree::json("hostsdk/testdata/values.json")["snapshot"])
}

struct Panics;

impl Actor for Panics {
    fn actor_id(&self) -> Id<'_> {
        panic!("the program's own")
    }
    fn in_group(&self, _: &str) -> bool {
        panic!("the program's own")
    }
}

fn odd_contexts() -> Vec<Context> {
    let mut deep = Value::Null;
    for _ in 0..2000 {
        deep = Value::List(vec![deep]);
    }
    let mut contexts = vec![Context::new(&Panics), Context::new(()).in_group(|_| panic!("the program's own"))];
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -0.0, 1e300] {
        contexts.push(Context::new(value).attribute("a", value).attribute("plan", value));
    }
    for value in [deep, Value::List(vec![Value::Int(1); 100_000]), Value::BigInt("no digits".into())] {
        contexts.push(Context::new(value.clone()).groups_of(&value).attribute("plan", value));
    }
    for text in ["", "\0", "\u{fffd}", &"x".repeat(1 << 20)] {
        contexts.push(Context::new(text).group(text).attribute(text, text).attribute("plan", text));
    }
    contexts.push(Context::new("endless").groups(std::iter::repeat("g")));
    contexts.push(Context::new("many").attributes((0..10_000).map(|n| (format!("a{n}"), n))));
    contexts.push(Context::new("times").now(i64::MIN).roll(u64::MAX));
    contexts.push(Context::new("times").now(i64::MAX));
    contexts
}

fn ask_everything(flags: &Flags, key: &str, who: &Context) {
    let _ = (flags.enabled(key, who), flags.enabled_or(key, who, true), flags.variant(key, who));
    let _ =
        (flags.payload::<serde_json::Value>(key, who), flags.payload_bool(key, who), flags.payload_string(key, who));
    let _ = (flags.payload_int(key, who), flags.payload_float(key, who), flags.payload_object(key, who));
    let _ = (flags.decide(key, who), flags.decide_some(&[key, key], who), flags.explain(key, who).to_string());
    let _ = (score(key, who), format!("{who:?}"));
}

#[test]
fn no_question_panics() {
    let contexts = odd_contexts();
    let long = "k".repeat(1 << 20);
    for config in [Config::offline().bootstrap(values()), quick("http://127.0.0.1:1")] {
        let flags = Client::start(config).expect("a client");
        let keys = flags.keys();
        for who in &contexts {
            for key in keys.iter().map(|key| &**key).take(5).chain(["", "\0", &long]) {
                ask_everything(&flags, key, who);
            }
            let _ = flags.decide_all(who);
        }
        let _ = flags.enabled("who", &Panics);
        assert_eq!(flags.info().is_some(), flags.enabled("who", "user:42"));
    }
}

#[test]
fn times_without_an_end_are_only_long() {
    let mut config = quick("http://127.0.0.1:1").ttl(Duration::MAX).grace(Duration::MAX).bootstrap(values());
    config = config.pace({
        let mut pace = gonfalon::Pace::default();
        (pace.backoff, pace.longest, pace.usage, pace.farewell) =
            (Duration::MAX, Duration::MAX, Duration::MAX, Duration::ZERO);
        pace
    });
    let served = Server::start(&["hostile", "honest"]);
    for config in [config.clone(), config.clone().poll_interval(Duration::MAX), quick(&served.url).ttl(Duration::MAX)] {
        let flags = Client::start(config).expect("a client");
        until(|| format!("{:?}", flags.stats()), PATIENCE, || flags.stats().lost > 0 || flags.state() == State::Ready);
        assert!(flags.stats().last_error.is_none_or(|error| !error.contains("panicked")));
        flags.close();
    }
}

#[cfg(unix)]
#[test]
fn nothing_but_a_regular_file_is_replaced_or_read() {
    use std::os::unix::fs::FileTypeExt;
    let server = Server::start(&["hostile", "honest"]);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let pipe = folder.join("pipe");
    let _ = std::fs::remove_file(&pipe);
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for path in [pipe.clone(), folder.join("a\0b"), folder.clone(), "/proc/nowhere/flags".into()] {
        let flags = Client::start(quick(&server.url).last_good(&path)).expect("a client");
        assert!(flags.wait_ready(PATIENCE) && flags.enabled("a", ()));
        flags.close();
    }
    assert!(std::fs::metadata(&pipe).expect("it is there").file_type().is_fifo());
    let names: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(names, ["pipe"]);
    let followed = Client::start(Config::offline().file(&pipe).ready_within(PATIENCE)).expect("a client");
    assert!(followed.stats().last_error.is_some_and(|error| error.contains("not a regular file")));
}

#[cfg(unix)]
#[test]
fn a_link_to_the_last_good_snapshot_stays_one_and_what_was_left_beside_its_file_goes() {
    let server = Server::start(&["hostile", "honest"]);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-link-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let (file, link) = (folder.join("flags"), folder.join("link"));
    let (killed, written, other) =
        (folder.join("flags.0123456789abcdef"), folder.join("flags.1123456789abcdef"), folder.join("flags.snapshot"));
    for left in [&killed, &written, &other] {
        let left_file = std::fs::File::create(left).expect("a file");
        if left != &written {
            left_file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("a time");
        }
    }
    std::fs::write(&file, "").expect("a file");
    std::os::unix::fs::symlink("flags", &link).expect("a link");
    let flags = Client::start(quick(&server.url).last_good(&link)).expect("a client");
    assert!(flags.wait_ready(PATIENCE));
    flags.close();
    assert_eq!(std::fs::read_link(&link).expect("a link"), PathBuf::from("flags"));
    assert_eq!(std::fs::read(&file).expect("a file"), *flags.snapshot().expect("one"));
    assert_eq!([killed.exists(), written.exists(), other.exists()], [false, true, true]);
}

#[test]
fn a_file_that_cannot_be_used_is_not_confirmed_by_looking_at_it_again() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-file-{}", std::process::id()));
    std::fs::write(&path, values()).expect("it is written");
    let config = Config::offline().file(&path).ready_within(PATIENCE).grace(Duration::from_millis(10));
    let flags = Client::start(config).expect("a client");
    std::fs::write(&path, "<html>").expect("it is written");
    until(|| format!("{:?}", flags.stats()), PATIENCE, || flags.state() == State::Stale);
    std::thread::sleep(Duration::from_millis(2200)); // it is looked at each second
    assert_eq!(flags.state(), State::Stale);
}

/// Starts a server that answers whatever it is asked with this status and body; its address.
fn answering(status: &str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer = [head.into_bytes(), body].concat();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&answer);
        }
    });
    url
}

#[test]
fn a_token_that_a_server_sends_back_is_shown_by_nothing() {
    let token = "gfn_sdk_0123456789abcdef";
    let body = format!(
        "{{\"title\": \"what is\\r\\n{token}?\", \"detail\": \"{}{}\"}}",
        token.to_uppercase(),
        "x".repeat(2000)
    );
    let url = answering(&format!("401 {token}"), body.into_bytes());
    let flags = Client::start(quick(&url).token(token).ready_within(PATIENCE)).expect("a client");
    assert_eq!(flags.state(), State::Error);
    let error = flags.stats().last_error.expect("an error");
    assert!(error.starts_with("401 what is  …?: …xxx") && error.len() < 600, "{error}");
    assert!(!format!("{flags:?}{:?}", flags.stats()).contains(token));
}

#[test]
fn a_token_that_is_the_name_of_an_environment_is_shown_by_nothing() {
    let token = "gfn_sdk_fedcba9876543210";
    let mut data = values();
    let at = data.windows(8).position(|part| part == b"\xa7default").expect("its environment");
    data.splice(at..at + 8, [&[0xa0 | token.len() as u8], token.as_bytes()].concat());
    let end = data.len() - 32;
    let id = Sha256::digest(&data[..end]);
    data[end..].copy_from_slice(&id);
    let url = answering("200 OK", data);
    let log = Log::get();
    let config = quick(&url).token(token).poll_interval(Duration::from_secs(3600)).ready_within(PATIENCE);
    let flags = Client::start(config).expect("a client");
    until(|| format!("{:?}", flags.stats()), PATIENCE, || flags.stats().refused > 0);
    let lines = log.lines.lock().expect("no panic").join("\n");
    assert!(lines.contains("a snapshot of environment \"…\", not of \"default\"") && !lines.contains(token), "{lines}");
    assert!(!format!("{:?}", flags.stats()).contains(token));
}

/// A logger that keeps each line. About a flag with a rude name it asks for a flag in turn, as one does that is told by a flag how
/// much to say; and then it panics.
struct Log {
    lines: Mutex<Vec<String>>,
    flags: OnceLock<Flags>,
}

impl Log {
    fn get() -> &'static Log {
        static LOG: Log = Log { lines: Mutex::new(Vec::new()), flags: OnceLock::new() };
        if log::set_logger(&LOG).is_ok() {
            log::set_max_level(log::LevelFilter::Trace);
        }
        &LOG
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        let line = record.args().to_string();
        let rude = line.contains("\"rude");
        self.lines.lock().expect("no panic").push(line);
        if let Some(flags) = self.flags.get().filter(|_| rude) {
            flags.enabled("verbose", ());
            panic!("the logger's own");
        }
    }
    fn flush(&self) {}
}

#[test]
fn a_logger_that_asks_for_a_flag_and_panics_keeps_no_decision_from_being_made() {
    let flags = Flags::clone(&FlagsForTest::new());
    assert!(Log::get().flags.set(flags.clone()).is_ok());
    let asking = std::thread::spawn({
        let flags = flags.clone();
        move || (flags.enabled("rude", ()), flags.decide("rude", ()).reason())
    });
    until(|| "it ends".into(), PATIENCE, || asking.is_finished());
    assert_eq!(asking.join().expect("no panic"), (false, gonfalon::Reason::UnknownFlag));
    assert_eq!(flags.stats().unknown, 3);
}

#[test]
fn a_decision_that_fails_again_and_again_is_told_once() {
    let (flags, log) = (FlagsForTest::new(), Log::get());
    for n in 0..100 {
        flags.decide_some(&vec!["once"; 100_001 + n], ());
    }
    assert_eq!(flags.stats().broken, 100);
    let lines = log.lines.lock().expect("no panic");
    assert!(lines.iter().filter(|line| line.contains("more than 100000 keys")).count() < 10); // other tests have clients, too
}

#[test]
fn a_listener_that_blocks_keeps_nobody_waiting() {
    // Nothing is told before both listen.
    let server = Server::start(&["hostile", "status-500"]);
    let flags = Client::start(quick(&server.url)).expect("a client");
    let (block, over) = std::sync::mpsc::channel::<()>();
    let over = Mutex::new(over);
    flags.subscribe(move |_| _ = over.lock().expect("no panic").recv()).forever();
    let (told, heard) = std::sync::mpsc::channel();
    flags.subscribe(move |event| _ = told.send(format!("{event:?}"))).forever();
    server.ask("POST", "/hostile/mend");
    assert!(flags.wait_ready(PATIENCE) && flags.enabled("a", ()));
    assert!(heard.recv_timeout(PATIENCE).is_ok());
    let started = Instant::now();
    flags.close();
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    drop(block);
}

#[test]
fn a_hundred_clients_end() {
    let started = Instant::now();
    let clients: Vec<_> =
        (0..100).map(|_| Client::start(quick("http://127.0.0.1:1").bootstrap(values())).expect("a client")).collect();
    assert!(clients.iter().all(|flags| flags.enabled("who", "user:42")));
    drop(clients);
    assert!(started.elapsed() < 6 * PATIENCE, "{:?}", started.elapsed());
}

#[test]
fn a_client_is_dropped_wherever_it_is() {
    static FOR_EVER: OnceLock<Client> = OnceLock::new();
    let server = Server::start(&["hostile", "honest"]);
    let flags = FOR_EVER.get_or_init(|| Client::start(quick(&server.url)).expect("a client"));
    assert!(flags.wait_ready(PATIENCE));
    // By its own listener, in its own thread.
    let kept: Arc<Mutex<Option<Client>>> = Arc::default();
    let (held, flags) = (kept.clone(), Client::start(quick(&server.url)).expect("a client"));
    let clone: Flags = flags.clone();
    flags.subscribe(move |_| drop(held.lock().expect("no panic").take())).forever();
    *kept.lock().expect("no panic") = Some(flags);
    until(
        || "it is dropped".into(),
        PATIENCE,
        || clone.state() == State::Ready || kept.lock().expect("no panic").is_none(),
    );
}

#[test]
fn a_runtime_that_ends_leaves_its_client_alive() {
    let server = Server::start(&["hostile", "honest"]);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let flags = runtime.block_on(AsyncClient::start(quick(&server.url).ready_within(PATIENCE))).expect("a client");
    runtime.shutdown_background();
    assert!(flags.enabled("a", "user:1"));
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    other.block_on(async {
        assert!(flags.wait_ready(PATIENCE).await);
        flags.close().await;
    });
    assert!(flags.enabled("a", "user:1"));
    // In a task that is cancelled in the middle of a start, too.
    other.block_on(async {
        let start = AsyncClient::start(quick("http://127.0.0.1:1").ready_within(Duration::from_secs(60)));
        assert!(tokio::time::timeout(Duration::from_millis(20), start).await.is_err());
    });
}
