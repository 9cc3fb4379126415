//! Times the SDK on the workload that hosts in every language have, and checks every answer: 1000.snapshot 10000.snapshot PACKAGE.
//! The snapshots are those of `contract bench FOLDER`; the package is what is installed. The lowest of many samples counts: what a
//! busy machine adds, it only ever adds.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gonfalon::{Client, Config, Context};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const KINDS: [&str; 3] = ["boolean", "percentage", "rule"];
const KEYS: usize = 64;
const SAMPLES: usize = 40;
const SAMPLE: Duration = Duration::from_millis(10);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["first", snapshot] => println!("{}", load(snapshot).enabled("boolean_00000", "user:000000")),
        ["memory", snapshot] => {
            let flags = load(snapshot);
            assert!(
                flags.enabled("boolean_00000", "user:000000") && flags.info().is_some_and(|info| info.flags == 10_000)
            );
            println!("{}", peak_kilobytes());
        }
        [small, large, package] => report(small, large, package),
        _ => panic!("1000.snapshot 10000.snapshot PACKAGE"),
    }
}

fn report(small: &str, large: &str, package: &str) {
    let flags = load(small);
    let actors: Vec<String> = (0..KEYS).map(|n| format!("user:{:06}", 3 * n)).collect();
    let prepared: Vec<Context> = actors.iter().map(|actor| context(actor)).collect();
    let (mut bare, mut again, mut checked) = (Map::new(), Map::new(), 0);
    for kind in KINDS {
        let keys: Vec<String> = (0..KEYS).map(|n| key(kind, n)).collect();
        for key in &keys {
            for (actor, context) in actors.iter().zip(&prepared) {
                assert_eq!(flags.enabled(key, context), want(key, actor), "{key} for {actor}");
                checked += 1;
            }
        }
        let ns = match kind {
            // What a program hands in for each flag: who is asking, and for a rule also what it is about.
            "rule" => lowest(|n| flags.enabled(&keys[n % KEYS], context(&actors[n % KEYS]))),
            _ => lowest(|n| flags.enabled(&keys[n % KEYS], &actors[n % KEYS])),
        };
        bare.insert(kind.into(), json!(ns));
        again.insert(kind.into(), json!(lowest(|n| flags.enabled(&keys[n % KEYS], &prepared[n % KEYS]))));
    }
    let keys: Vec<String> = (0..100).map(|n| key(KINDS[n % 3], n / 3)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for (actor, context) in actors.iter().zip(&prepared) {
        for decision in flags.decide_some(&keys, context) {
            assert_eq!(decision.enabled(), want(decision.key(), actor), "{decision:?}");
            checked += 1;
        }
    }
    let batch = lowest(|n| flags.decide_some(&keys, &prepared[n % KEYS]).len() == 100);
    let bytes = std::fs::read(large).expect("a snapshot");
    let best = |measure: &dyn Fn() -> f64| (0..7).map(|_| measure()).fold(f64::INFINITY, f64::min);
    let loading = best(&|| {
        let begun = Instant::now();
        let flags = Client::start(Config::offline().bootstrap(bytes.clone())).expect("a client");
        assert!(flags.enabled("boolean_00000", "user:000000"));
        begun.elapsed().as_secs_f64() * 1e3
    });
    let start = best(&|| {
        let begun = Instant::now();
        assert_eq!(again_as("first", small).trim(), "true");
        begun.elapsed().as_secs_f64() * 1e3
    });
    let memory: f64 = again_as("memory", large).trim().parse().expect("kilobytes");
    let package = Path::new(package).metadata().expect("a package").len();
    let one = |number: f64| (number * 10.0).round() / 10.0;
    let found = json!({
        "lang": "rust", "engine": gonfalon::conformance::ENGINE, "decide_ns": bare, "prepared_ns": again,
        "batch100_ns": batch, "load10000_ms": one(loading), "start_ms": one(start), "memory_mb": one(memory / 1024.0),
        "package_kb": package / 1024, "answers_checked": checked, "threads_cpu_ns": threads(&flags),
    });
    println!("{found}");
}

/// Nanoseconds of processor time per decision, of one thread and of as many as there are processors: what threads cost each other. On
/// a busy machine the clock would say little about it.
fn threads(flags: &Client) -> Value {
    const EACH: usize = 1_000_000;
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let ask = |threads: usize| {
        let begun = processor_ticks();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let actors: Vec<String> = (0..KEYS).map(|n| format!("user:{n:06}")).collect();
                    (0..EACH).filter(|n| flags.enabled("percentage_00001", &actors[n % KEYS])).count()
                });
            }
        });
        // A tick is a hundredth of a second.
        ((processor_ticks() - begun) as f64 * 1e7 / (EACH * threads) as f64).round()
    };
    json!({"1": ask(1), all.to_string(): ask(all)})
}

/// The processor time of the process so far.
fn processor_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after = stat.rsplit(") ").next().expect("fields after the name");
    after.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks")).sum()
}

fn load(snapshot: &str) -> Client {
    let bytes = std::fs::read(snapshot).expect("a snapshot");
    Client::start(Config::offline().bootstrap(bytes)).expect("a client")
}

fn key(kind: &str, n: usize) -> String {
    format!("{kind}_{n:05}")
}

fn context(actor: &str) -> Context {
    let who = Context::new(actor).attribute("age", 34).attribute("beta", true).attribute("country", "DE");
    who.attribute("email", "jo@example.com").attribute("plan", "team")
}

/// The right answer, computed from the definitions and not by the engine.
fn want(key: &str, actor: &str) -> bool {
    let digest = Sha256::digest([actor, key].concat());
    let score = f64::from(u16::from_be_bytes([digest[0], digest[1]])) / 65_536.0;
    match key.split_once('_').expect("a kind").0 {
        "boolean" => true,
        "percentage" => score <= 0.25,
        _ => score <= 0.5,
    }
}

/// Nanoseconds per call, in the best of the samples.
fn lowest(mut ask: impl FnMut(usize) -> bool) -> f64 {
    let mut timed = |count: usize| {
        let begun = Instant::now();
        for n in 0..count {
            black_box(ask(n));
        }
        begun.elapsed()
    };
    let mut count = 64;
    while timed(count) < SAMPLE {
        count *= 2;
    }
    let best = (0..SAMPLES).map(|_| timed(count)).min().expect("samples");
    (best.as_nanos() as f64 / count as f64 * 10.0).round() / 10.0
}

/// What this program says in a process of its own.
fn again_as(mode: &str, snapshot: &str) -> String {
    let program = std::env::current_exe().expect("a program");
    let output = Command::new(program).args([mode, snapshot]).output().expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The most memory that the process has had.
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("kilobytes")
}
