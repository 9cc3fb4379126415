//! Writes msgpack, as requests to the engine have it, and reads it. What is written has one form: the shortest.

use rmpv::ValueRef;

/// How deep what is read may be: far deeper than anything of the engine's. rmpv counts a list as two.
const MAX_DEPTH: usize = 256;

/// The ext type of an integer beyond 64 bits, in decimal digits.
pub(crate) const EXT_INTEGER: i8 = 1;

/// Reads the value that some bytes begin with, and what is left of them.
pub(crate) fn read(mut bytes: &[u8]) -> Option<(ValueRef<'_>, &[u8])> {
    let value = rmpv::decode::read_value_ref_with_max_depth(&mut bytes, MAX_DEPTH).ok()?;
    Some((value, bytes))
}

pub(crate) fn nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

pub(crate) fn boolean(out: &mut Vec<u8>, value: bool) {
    out.push(if value { 0xc3 } else { 0xc2 });
}

pub(crate) fn int(out: &mut Vec<u8>, value: i64) {
    if let Ok(value) = u64::try_from(value) {
        uint(out, value);
    } else if value >= -32 {
        out.push(value as u8);
    } else if let Ok(value) = i8::try_from(value) {
        out.extend([0xd0, value as u8]);
    } else if let Ok(value) = i16::try_from(value) {
        tagged(out, 0xd1, value.to_be_bytes());
    } else if let Ok(value) = i32::try_from(value) {
        tagged(out, 0xd2, value.to_be_bytes());
    } else {
        tagged(out, 0xd3, value.to_be_bytes());
    }
}

pub(crate) fn uint(out: &mut Vec<u8>, value: u64) {
    if value < 128 {
        out.push(value as u8);
    } else if let Ok(value) = u8::try_from(value) {
        out.extend([0xcc, value]);
    } else if let Ok(value) = u16::try_from(value) {
        tagged(out, 0xcd, value.to_be_bytes());
    } else if let Ok(value) = u32::try_from(value) {
        tagged(out, 0xce, value.to_be_bytes());
    } else {
        tagged(out, 0xcf, value.to_be_bytes());
    }
}

pub(crate) fn float(out: &mut Vec<u8>, value: f64) {
    tagged(out, 0xcb, value.to_be_bytes());
}

pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    let length = value.len();
    if length < 32 {
        out.push(0xa0 | length as u8);
    } else if let Ok(length) = u8::try_from(length) {
        out.extend([0xd9, length]);
    } else {
        sized(out, 0xda, length);
    }
    out.extend_from_slice(value.as_bytes());
}

pub(crate) fn binary(out: &mut Vec<u8>, value: &[u8]) {
    if let Ok(length) = u8::try_from(value.len()) {
        out.extend([0xc4, length]);
    } else {
        sized(out, 0xc5, value.len());
    }
    out.extend_from_slice(value);
}

pub(crate) fn array(out: &mut Vec<u8>, length: usize) {
    if length < 16 {
        out.push(0x90 | length as u8);
    } else {
        sized(out, 0xdc, length);
    }
}

pub(crate) fn map(out: &mut Vec<u8>, length: usize) {
    if length < 16 {
        out.push(0x80 | length as u8);
    } else {
        sized(out, 0xde, length);
    }
}

/// An integer of any size, by its decimal digits.
pub(crate) fn digits(out: &mut Vec<u8>, digits: &str) {
    let length = digits.len();
    match length {
        1 | 2 | 4 | 8 | 16 => out.push(0xd4 + length.trailing_zeros() as u8),
        0..=255 => out.extend([0xc7, length as u8]),
        _ => sized(out, 0xc8, length),
    }
    out.push(EXT_INTEGER as u8);
    out.extend_from_slice(digits.as_bytes());
}

fn tagged<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

/// A length in 16 bits after this tag, or in 32 after the next.
fn sized(out: &mut Vec<u8>, tag: u8, length: usize) {
    match u16::try_from(length) {
        Ok(length) => tagged(out, tag, length.to_be_bytes()),
        // What is longer than 4 GiB doesn't come here: requests have at most 32 MiB.
        Err(_) => tagged(out, tag + 1, (length as u32).to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What another reader finds in it, and in how many bytes.
    fn read(write: impl Fn(&mut Vec<u8>)) -> (rmpv::Value, usize) {
        let mut out = Vec::new();
        write(&mut out);
        let mut rest = out.as_slice();
        let value = rmpv::decode::read_value(&mut rest).expect("msgpack");
        assert!(rest.is_empty(), "{out:x?}");
        (value, out.len())
    }

    #[test]
    fn what_is_too_deep_is_not_read() {
        let deep = |depth: usize| [vec![0x91; depth], vec![0xc0]].concat();
        assert!(super::read(&deep(32)).is_some());
        assert!(super::read(&deep(100_000)).is_none() && super::read(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_none());
    }

    #[test]
    fn another_reader_finds_what_was_written() {
        for (n, length) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (255, 2),
            (256, 3),
            (65_535, 3),
            (65_536, 5),
            (u32::MAX as i64, 5),
            (1 << 32, 9),
            (i64::MAX, 9),
            (-1, 1),
            (-32, 1),
            (-33, 2),
            (-128, 2),
            (-129, 3),
            (-32_768, 3),
            (-32_769, 5),
            (i64::MIN, 9),
        ] {
            assert_eq!(read(|out| int(out, n)), (n.into(), length));
        }
        assert_eq!(read(|out| uint(out, u64::MAX)), (u64::MAX.into(), 9));
        assert_eq!(read(|out| float(out, 0.5)), (0.5.into(), 9));
        assert_eq!(read(nil), (rmpv::Value::Nil, 1));
        assert_eq!(read(|out| boolean(out, true)), (true.into(), 1));
        for length in [0, 31, 32, 255, 256, 65_535, 65_536] {
            let words = "x".repeat(length);
            assert_eq!(read(|out| text(out, &words)).0, words.as_str().into());
            assert_eq!(read(|out| binary(out, words.as_bytes())).0, words.as_bytes().into());
            let numbers = "1".repeat(length);
            assert_eq!(
                read(|out| digits(out, &numbers)).0,
                rmpv::Value::Ext(EXT_INTEGER, numbers.clone().into_bytes())
            );
            let list = read(|out| {
                array(out, length);
                out.extend(vec![0xc0; length]);
            });
            assert_eq!(list.0.as_array().map(Vec::len), Some(length));
            let pairs = read(|out| {
                map(out, length);
                out.extend(vec![0xc0; 2 * length]);
            });
            assert_eq!(pairs.0.as_map().map(Vec::len), Some(length));
        }
    }
}
