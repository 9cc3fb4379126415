//! The main flow against the real control plane.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gonfalon::{AsyncClient, Client, Config, Context, State};
use serde_json::{Value as Json, json};

use crate::contract::{quick, request, until};
use crate::tree;

const ADMIN: &str = "an-admin-token-for-tests";
const PATIENCE: Duration = Duration::from_secs(10);

/// A running control plane. It ends when this is dropped.
struct Plane {
    process: Child,
    url: String,
}

impl Plane {
    fn start(folder: &Path, listen: &str) -> Self {
        let mut command = Command::new(tree::program("GONFALON_BIN", "./cmd/gonfalon"));
        command.args(["serve", "--listen", listen, "--seed=false", "--log-level", "error", "--data-dir"]).arg(folder);
        let mut process =
            command.env("GONFALON_ADMIN_TOKEN", ADMIN).stdout(Stdio::piped()).spawn().expect("a control plane");
        let mut out = BufReader::new(process.stdout.take().expect("standard output"));
        let mut said = String::new();
        let url = loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).expect("a line") > 0, "it ended: {said}");
            said += &line;
            let at = line.find("http://").filter(|_| line.contains("/v1"));
            if let Some(at) = at {
                let url: String = line[at..].chars().take_while(|c| !c.is_whitespace()).collect();
                break url.split("/v1").next().expect("an address").to_owned();
            }
        };
        // Read on, so that it never waits for a reader.
        std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        Plane { process, url }
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> Json {
        let (status, answer) = request(&self.url, method, &format!("/v1{path}"), ADMIN, &body.to_string());
        let text = String::from_utf8_lossy(&answer);
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes a flag, and returns the revision that this made.
    fn put(&self, key: &str, gates: Json) -> u64 {
        let answer = self.ask("PUT", &format!("/envs/default/flags/{key}"), &json!({"gates": gates}));
        answer["revision"].as_u64().expect("a revision")
    }

    fn token(&self) -> String {
        let answer = self.ask("POST", "/tokens", &json!({"name": "rust", "role": "sdk", "envs": ["default"]}));
        answer["token"].as_str().expect("a token").into()
    }

    fn config(&self) -> Config {
        let token = self.token();
        quick(&self.url).token(token).ready_within(PATIENCE)
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn boolean(on: bool) -> Json {
    json!([{"type": "boolean", "enabled": on}])
}

/// A folder for a server's data, which are more than 100 MB each; it ends with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An address for what is started again. Systems give away no port below 32768 themselves, so nobody takes it meanwhile.
fn unused() -> String {
    std::iter::repeat_with(|| format!("127.0.0.1:{}", fastrand::u16(20_000..30_000)))
        .find(|address| std::net::TcpListener::bind(address).is_ok())
        .expect("a port")
}

#[test]
fn a_change_arrives_and_is_decided() {
    let data = Folder::new("change");
    let plane = Plane::start(&data.0, "127.0.0.1:0");
    let pro = json!({"type": "rule", "enabled": true,
        "constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}]});
    plane.put("checkout", json!([pro]));
    let flags = Client::start(plane.config()).expect("a client");
    assert_eq!(flags.state(), State::Ready);
    assert!(flags.enabled("checkout", Context::new("user:3").attribute("plan", "pro")));
    assert!(!flags.enabled("checkout", Context::new("user:3").attribute("plan", "free")));
    for n in 0..20 {
        plane.put("other", boolean(n % 2 == 0));
    }
    let revision = plane.put("checkout", json!([pro, {"type": "percentage_of_actors", "ratio": 0.25}]));
    assert!(flags.wait_for(revision, PATIENCE), "{:?}", flags.stats());
    let on: Vec<u32> = (0..50).filter(|n| flags.enabled("checkout", format!("user:{n}"))).collect();
    let scored: Vec<u32> = (0..50)
        .filter(|n| gonfalon::score("checkout", format!("user:{n}")).is_some_and(|score| score < 0.25))
        .collect();
    assert!(on == scored && !on.is_empty(), "{on:?} {scored:?}");
    assert_eq!(flags.stats().refused, 0);
    plane.ask("DELETE", "/envs/default/flags/checkout", &Json::Null);
    until(|| "it is deleted".into(), PATIENCE, || !flags.decide("checkout", ()).known());

    // What was counted arrives, with the host.
    assert!(flags.flush(PATIENCE));
    let hosts = plane.ask("GET", "/envs/default/hosts", &Json::Null);
    assert!(hosts.to_string().contains("\"rust\""), "{hosts}");
    flags.close();
    assert!(!flags.wait_for(revision + 100, PATIENCE), "a closed client doesn't wait");
    assert!(flags.enabled("other", ()) != flags.enabled("checkout", ()) || !flags.enabled("other", ()));
}

#[test]
fn a_restart_is_survived_and_resumed() {
    let data = Folder::new("restart");
    let address = unused();
    let plane = Plane::start(&data.0, &address);
    plane.put("a", boolean(true));
    let last_good = data.0.join("last/good");
    let config = plane.config().last_good(&last_good);
    let flags = Client::start(config.clone()).expect("a client");
    drop(plane);
    until(|| "it is stale".into(), PATIENCE, || flags.state() == State::Stale);
    assert!(flags.enabled("a", ()));
    let meanwhile = Client::start(config).expect("a client");
    assert!(meanwhile.state() == State::Stale && meanwhile.enabled("a", ()));
    let again = Plane::start(&data.0, &address);
    again.put("a", boolean(false));
    again.put("b", boolean(true));
    for flags in [&flags, &meanwhile] {
        until(
            || format!("it goes on: {:?}", flags.state()),
            PATIENCE,
            || flags.enabled("b", ()) && !flags.enabled("a", ()) && flags.state() == State::Ready,
        );
    }
}

#[test]
fn the_example_tells_of_a_change() {
    let data = Folder::new("example");
    let plane = Plane::start(&data.0, "127.0.0.1:0");
    plane.put("new_checkout", boolean(false));
    // Cargo builds examples beside the tests.
    let program =
        std::env::current_exe().expect("a test").parent().expect("deps").with_file_name("examples").join("shop");
    let mut shop = Command::new(program)
        .env("GONFALON_ENDPOINT", &plane.url)
        .env("GONFALON_TOKEN", plane.token())
        .env("SHOP_ONCE", "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example");
    let mut out = BufReader::new(shop.stdout.take().expect("standard output"));
    let mut said = String::new();
    while !said.contains("user:3: the old checkout, hero control") {
        assert!(out.read_line(&mut said).expect("a line") > 0, "{said}");
    }
    plane.put("new_checkout", boolean(true));
    out.read_to_string(&mut said).expect("the rest");
    assert!(said.contains("changed: {\"new_checkout\"}\nuser:1: the new checkout"), "{said}");
    assert!(shop.wait().expect("it ends").success());
}

#[tokio::test]
async fn tasks_wait_without_blocking() {
    let data = Folder::new("tasks");
    let plane = Plane::start(&data.0, "127.0.0.1:0");
    let flags = AsyncClient::start(plane.config()).await.expect("a client");
    assert!(flags.wait_ready(PATIENCE).await);
    let waits = flags.wait_for(u64::MAX, Duration::from_millis(20));
    assert!(!waits.await);
    let revision = plane.put("a", boolean(true));
    assert!(flags.wait_for(revision, PATIENCE).await && flags.enabled("a", ()));
    assert!(flags.flush().await);
    flags.close().await;
    assert!(flags.enabled("a", ()) && !flags.flush().await);
}
