//! Reads a stream of server-sent events. No event is larger than a snapshot can be, so that no server can fill the memory.

use std::time::Duration;

use crate::engine::abi::MAX_SNAPSHOT_BYTES;

/// The largest snapshot in base64, and the names of its fields.
const EVENT_BYTES: usize = MAX_SNAPSHOT_BYTES / 3 * 4 + 4096;
/// Lines of one event: ours have three.
const EVENT_LINES: usize = 1000;

/// One event of a stream. One without data is an event, too: a heartbeat carries nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) data: String,
    /// How long to wait before the next connection.
    pub(crate) retry: Option<Duration>,
}

/// What was read of a stream so far.
#[derive(Default)]
pub(crate) struct Events {
    /// The line that has begun.
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    bytes: usize,
    lines: usize,
    /// The last byte was a carriage return, so that a newline after it ends nothing.
    returned: bool,
    /// Events that are whole.
    read: std::collections::VecDeque<Event>,
}

impl Events {
    /// The next event that is whole.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.read.pop_front()
    }

    /// Reads on. An error says what is too large.
    pub(crate) fn feed(&mut self, mut chunk: &[u8]) -> Result<(), String> {
        while !chunk.is_empty() {
            if self.returned && chunk[0] == b'\n' {
                chunk = &chunk[1..];
                self.returned = false;
                continue;
            }
            self.returned = false;
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            self.bytes += part.len() + 1;
            self.lines += usize::from(end.is_some());
            if self.bytes > EVENT_BYTES || self.lines > EVENT_LINES {
                return Err(format!("an event of more than {EVENT_BYTES} bytes or {EVENT_LINES} lines"));
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { break };
            self.returned = chunk[end] == b'\r';
            chunk = &chunk[end + 1..];
            self.end_line();
        }
        Ok(())
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if event != Event::default() {
                self.read.push_back(event);
            }
            (self.has_data, self.bytes, self.lines) = (false, 0, 0);
            return;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => self.event.kind = value.to_owned(),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.event.retry = Some(value.parse().map_or(Duration::MAX, Duration::from_millis));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, size: usize) -> Vec<Event> {
        let mut events = Events::default();
        for chunk in text.as_bytes().chunks(size) {
            events.feed(chunk).expect("it is small");
        }
        std::iter::from_fn(|| events.next()).collect()
    }

    fn event(kind: &str, data: &str) -> Event {
        Event { kind: kind.into(), data: data.into(), retry: None }
    }

    #[test]
    fn events_are_read_however_they_arrive() {
        let text = ": hello\n\nevent: snapshot\ndata: aGk=\nid: 7\n\nevent: heartbeat\ndata:\n\r\ndata:one\rdata: two\r\r\nevent: bare\n\nretry: 2000\ndata: x\n\nevent: cut";
        let mut want = vec![event("snapshot", "aGk="), event("heartbeat", ""), event("", "one\ntwo")];
        want.extend([event("bare", ""), event("", "x")]);
        want[4].retry = Some(Duration::from_secs(2));
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(read(text, size), want, "in chunks of {size}");
        }
    }

    #[test]
    fn what_is_too_large_ends_it() {
        let mut events = Events::default();
        let megabyte = vec![b'a'; 1 << 20];
        let fed = (0..100).take_while(|_| events.feed(&megabyte).is_ok()).count();
        assert_eq!(fed, EVENT_BYTES >> 20);
        let mut events = Events::default();
        let fed = (0..5000).take_while(|_| events.feed(b"data: x\n").is_ok()).count();
        assert_eq!(fed, EVENT_LINES);
        let mut events = Events::default();
        assert!((0..5000).all(|_| events.feed(b": still here\n\n").is_ok()));
    }
}
