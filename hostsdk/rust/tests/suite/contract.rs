//! The server for tests that all SDKs share: hostsdk/contract.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gonfalon::{Config, Pace};

use crate::tree;

/// A running server. It ends when this is dropped.
pub struct Server {
    pub url: String,
    process: Child,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the contract's server");
        let mut url = String::new();
        let out = process.stdout.take().expect("standard output");
        BufReader::new(out).read_line(&mut url).expect("an address");
        Server { url: url.trim().into(), process }
    }

    /// Asks for something, and returns the status and the body.
    pub fn ask(&self, method: &str, path: &str) -> (u16, Vec<u8>) {
        request(&self.url, method, path, "", "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().expect("it ends with its input");
    }
}

pub fn program() -> std::path::PathBuf {
    tree::program("GONFALON_CONTRACT", "./hostsdk/contract")
}

/// A request over plain HTTP, with an authorization and a body unless they are empty.
pub fn request(url: &str, method: &str, path: &str, token: &str, body: &str) -> (u16, Vec<u8>) {
    let host = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(host).expect("a connection");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).expect("it is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let at = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("an end of the headers");
    let status = String::from_utf8_lossy(&answer[9..12]).parse().expect("a status");
    (status, answer.split_off(at + 4))
}

/// A client's configuration without pauses between attempts, and without grace: what happens is awaited, not timed.
pub fn quick(url: &str) -> Config {
    let mut pace = Pace::default();
    (pace.backoff, pace.longest) = (Duration::from_millis(10), Duration::from_millis(20));
    (pace.usage, pace.farewell) = (Duration::from_secs(3600), Duration::from_secs(5));
    Config::new(url, "token").grace(Duration::from_millis(10)).ready_within(Duration::ZERO).pace(pace)
}

/// Waits until it holds.
pub fn until(about: impl Fn() -> String, within: Duration, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < within, "not within {within:?}: {}", about());
        std::thread::sleep(Duration::from_millis(2));
    }
}
