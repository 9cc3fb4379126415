//! What a client tells the control plane about itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use gonfalon::{Client, Config, Pace};
use serde_json::Value as Json;

use crate::contract::quick;
use crate::tree;

const PATIENCE: Duration = Duration::from_secs(10);

/// A control plane that answers its reports with these statuses, the last of which stays; 0 is no answer. Returns its address, and
/// the hosts that tell.
fn plane(statuses: &[u16]) -> (String, Receiver<Json>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = channel();
    let statuses = statuses.to_vec();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        let mut reports = 0;
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let status = match take(&mut stream, &tell) {
                None => continue,
                Some(false) => 404,
                Some(true) => statuses[reports.min(statuses.len() - 1)],
            };
            reports += usize::from(status != 404);
            match status {
                0 => held.push(stream),
                _ => _ = write!(stream, "HTTP/1.1 {status} Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            }
        }
    });
    (url, told)
}

/// Reads a request, and tells of its host. Returns whether it is a report; None if it ends early.
fn take(stream: &mut TcpStream, tell: &Sender<Json>) -> Option<bool> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let line = head.len();
        reader.read_line(&mut head).ok().filter(|&read| read > 0)?;
        length = head[line..]
            .to_lowercase()
            .strip_prefix("content-length: ")
            .map_or(length, |n| n.trim().parse().expect("a length"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let report: Option<Json> = serde_json::from_slice(&body).ok();
    Some(report.is_some_and(|report| tell.send(report["host"].clone()).is_ok()))
}

fn client(config: Config) -> Client {
    let bootstrap = tree::base64(&tree::json("hostsdk/testdata/values.json")["snapshot"]);
    Client::start(config.bootstrap(bootstrap)).expect("a client")
}

#[test]
fn a_client_that_is_closed_while_its_first_report_is_under_way_says_goodbye() {
    let (url, told) = plane(&[0, 204]);
    let mut pace = Pace::default();
    (pace.usage, pace.farewell) = (Duration::from_millis(10), PATIENCE);
    let flags = client(quick(&url).pace(pace));
    let first = told.recv_timeout(PATIENCE).expect("a report");
    let began = Instant::now();
    flags.close();
    assert!(began.elapsed() < PATIENCE / 2, "the first report isn't waited for");
    let last = told.try_recv().expect("a goodbye");
    assert_eq!((&first["gone"], &last["gone"], &last["id"]), (&Json::Null, &Json::Bool(true), &first["id"]));
}

#[test]
fn a_client_whose_reports_have_failed_leaves_in_silence() {
    for status in [401, 500] {
        let (url, told) = plane(&[status]);
        let flags = client(quick(&url));
        assert!(!flags.flush(PATIENCE));
        flags.close();
        assert_eq!(told.try_iter().filter(|host| host["gone"] == true).count(), 0);
    }
}
