//! Decides pairs of snapshot and request, for comparison with another host byte by byte: PAIRS DECISIONS, where `-` is standard
//! input or output.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pairs, decisions] = arguments.as_slice() else { return Err(io::Error::other("PAIRS DECISIONS")) };
    let source: Box<dyn Read> = if pairs == "-" { Box::new(io::stdin()) } else { Box::new(File::open(pairs)?) };
    let out: Box<dyn Write> =
        if decisions == "-" { Box::new(io::stdout()) } else { Box::new(File::create(decisions)?) };
    let mut out = BufWriter::new(out);
    let (count, again) = gonfalon::conformance::decide_pairs(BufReader::new(source), &mut out)?;
    out.flush()?;
    eprintln!("{count} decided, {again} of them again by contexts");
    Ok(())
}
