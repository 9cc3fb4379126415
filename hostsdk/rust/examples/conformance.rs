//! Compares the engine's decisions with what the reference implementations answered:
//!
//! ```text
//! gonfalon conformance --emit-cases engine/conformance/*.json* cases.jsonl
//! cargo run --release --example conformance cases.jsonl
//! ```

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use gonfalon::conformance::{ENGINE, Totals, run};

fn main() -> ExitCode {
    let mut totals = Totals::default();
    for path in std::env::args().skip(1) {
        let ran = File::open(&path)
            .and_then(|file| run(BufReader::new(file), &mut totals, |failure| println!("failed {failure}")));
        if let Err(error) = ran {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    }
    let Totals { passed, failed, skipped } = totals;
    let host = if ENGINE == "wasmi" { "rust-wasmi" } else { "rust" };
    println!("{host}: {passed} passed, {failed} failed, {skipped} skipped");
    if passed + failed == 0 {
        eprintln!("no case was asked");
        return ExitCode::from(2);
    }
    ExitCode::from(u8::from(failed > 0))
}
