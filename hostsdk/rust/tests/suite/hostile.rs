//! Servers that misbehave: hostsdk/contract lists what a client must be after each.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use gonfalon::{Client, State, Tls};
use serde_json::Value as Json;

use crate::contract::{Server, program, quick, until};

/// Cases at a time: most of them wait.
const LANES: usize = 8;

#[test]
fn hostile_servers_are_survived() {
    let listed = Command::new(program()).arg("hostile").output().expect("the list");
    let listed: Vec<Json> = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert!(listed.len() > 40);
    let mut cases = Vec::new();
    for case in &listed {
        for source in case["sources"].as_array().expect("sources") {
            cases.push((case, source.as_str().expect("a source")));
        }
    }
    let memory = listed.iter().filter_map(|case| case["memory_mb"].as_u64()).max().expect("a bound");
    let before = peak_memory();
    let left = Mutex::new(cases);
    std::thread::scope(|lanes| {
        for _ in 0..LANES {
            lanes.spawn(|| {
                loop {
                    let next = left.lock().expect("no panic").pop();
                    let Some((case, source)) = next else { break };
                    survive(case, source);
                }
            });
        }
    });
    // All of them together take no more than one may.
    let grown = peak_memory() - before;
    assert!(grown < memory, "{grown} MB");
}

fn survive(case: &Json, source: &str) {
    let name = case["name"].as_str().expect("a name");
    let about = format!("{name} by {source}");
    let file =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{source}-{}.pem", std::process::id()));
    let server = Server::start(&["hostile", name, file.to_str().expect("a path")]);
    let mut config = quick(&server.url);
    let secure = server.url.starts_with("https:");
    if secure && name != "certificate-unknown" {
        config = config.tls(Tls::new().authorities(&std::fs::read(&file).expect("an authority")));
    }
    if source == "poll" {
        config = config.poll_interval(Duration::from_millis(50));
    }
    let flags = Client::start(config).expect("a client");
    let within = Duration::from_secs(case["within_seconds"].as_u64().expect("seconds"));
    let states: Vec<&str> = case["states"].as_array().expect("states").iter().filter_map(Json::as_str).collect();
    // What takes as long as a request may is no failure within these seconds.
    if !states.contains(&"READY") && !name.starts_with("drip") && !name.starts_with("flood") {
        until(|| about.clone(), within, || flags.stats().last_error.is_some());
    }
    until(
        || format!("{about}: {:?}, not {states:?}", flags.stats()),
        within,
        || states.contains(&flags.state().to_string().as_str()),
    );
    // One that polls where no stream can be had is STALE now and then.
    assert_eq!(flags.enabled("a", "user:1"), matches!(flags.state(), State::Ready | State::Stale), "{about}");
    let _ = std::fs::remove_file(&file);
    if secure {
        return; // nobody who verifies it could ask the server more
    }
    let (status, answer) = server.ask("POST", "/hostile/check");
    assert_eq!(status, 200, "{about}: {}", String::from_utf8_lossy(&answer));
    let mended = case["mended_within_seconds"].as_u64().unwrap_or(0);
    if mended > 0 && name != "status-429" {
        server.ask("POST", "/hostile/mend");
        until(
            || format!("{about}, mended: {:?}", flags.stats()),
            Duration::from_secs(mended),
            || flags.state() == State::Ready && flags.enabled("a", "user:1"),
        );
    }
    flags.close();
}

/// A server that announces an answer again and again, as fast as the client reads, until the client hangs up.
fn flood() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a client");
            let hints = "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n".repeat(1000);
            std::thread::spawn(move || {
                let _request = client.read(&mut [0; 4096]);
                while client.write_all(hints.as_bytes()).is_ok() {}
            });
        }
    });
    url
}

#[test]
fn a_flood_of_interim_answers_keeps_no_client_waiting() {
    let clients = [quick(&flood()), quick(&flood()).poll_interval(Duration::from_millis(50))]
        .map(|config| Client::start(config).expect("a client"));
    for flags in &clients {
        until(|| "no error".into(), Duration::from_secs(20), || flags.stats().last_error.is_some());
        assert_eq!(flags.stats().last_error.as_deref(), Some("an answer takes longer than 10 s"));
    }
    for flags in &clients {
        let began = Instant::now();
        flags.close();
        assert!(began.elapsed() < Duration::from_secs(8), "closing takes {:?}", began.elapsed());
    }
}

/// The most memory that the process has had, in MB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("kilobytes") / 1024
}
