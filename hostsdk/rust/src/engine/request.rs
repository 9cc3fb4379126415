//! Writes requests, as the module's ABI has them: `[flags, actor, groups, now, roll, attributes]`.

use std::cell::RefCell;
use std::sync::Arc;

use super::abi::{MAX_KEY_BYTES, MAX_REQUEST_BYTES};
use super::needs::Needs;
use super::{Engine, unix_micros};
use crate::context::{ContextError, Reading};
use crate::decision::DecisionError;
use crate::msgpack;

/// A thread keeps no more than this of what it wrote a request in.
const KEPT: usize = 1 << 16;

thread_local! {
    /// Where this thread writes its requests.
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The key to ask the engine for. One that is too long is of no flag, as the empty one.
fn known(key: &str) -> &str {
    if key.len() > MAX_KEY_BYTES { "" } else { key }
}

impl Engine {
    /// Writes a request, and asks with it, if it is no larger than one may be.
    pub(super) fn written<R>(
        &self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ContextError>,
        ask: impl FnOnce(&[u8]) -> Result<R, DecisionError>,
    ) -> Result<R, DecisionError> {
        // Taken, and not borrowed: while it writes, the program may be asked for a group, and ask for a flag in turn.
        let mut request = REQUEST.take();
        request.clear();
        let written = write(&mut request).and_then(|()| match request.len() > MAX_REQUEST_BYTES {
            true => Err(ContextError::too_large()),
            false => Ok(()),
        });
        let answer = written.map_err(DecisionError::Context).and_then(|()| ask(&request));
        if request.capacity() <= KEPT {
            REQUEST.set(request);
        }
        answer
    }

    /// Writes the request for one flag, by what it needs.
    pub(super) fn write_one(
        &self,
        needs: &Needs,
        reading: &Reading<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ContextError> {
        self.mistakes.unreadable_context(reading.unreadable(), 1);
        let alone = needs.alone();
        msgpack::array(out, if alone { 2 } else { 6 });
        msgpack::uint(out, needs.number.into());
        reading.actor.write(out);
        if alone {
            return Ok(());
        }
        if needs.grouped() {
            reading.write_groups(needs.groups.iter().map(|name| &**name), out)?;
        } else {
            msgpack::array(out, 0);
        }
        msgpack::int(out, if needs.now { reading.now.unwrap_or_else(unix_micros) } else { 0 });
        msgpack::uint(out, if needs.roll { reading.roll.unwrap_or_else(|| fastrand::u64(..)) } else { 0 });
        reading.write_attributes(needs.attributes.as_deref(), out)
    }

    /// Writes the request for one flag with all that there is, also what doesn't matter.
    pub(super) fn write_whole(
        &self,
        key: &str,
        needs: Option<&Needs>,
        reading: &Reading<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ContextError> {
        self.mistakes.unreadable_context(reading.unreadable(), 1);
        msgpack::array(out, 6);
        msgpack::text(out, known(key));
        let named = needs.map_or(&[] as &[_], |needs| &needs.groups);
        self.write_rest(reading, named.iter().map(|name| &**name), needs, out)
    }

    fn write_rest<'n>(
        &self,
        reading: &Reading<'_>,
        named: impl Iterator<Item = &'n str> + Clone,
        needs: Option<&Needs>,
        out: &mut Vec<u8>,
    ) -> Result<(), ContextError> {
        reading.actor.write(out);
        reading.write_groups(named, out)?;
        msgpack::int(out, reading.now.unwrap_or_else(unix_micros));
        msgpack::uint(out, reading.roll.unwrap_or_else(|| fastrand::u64(..)));
        reading.write_attributes(needs.and_then(|needs| needs.attributes.as_deref()), out)
    }

    /// Writes the request for several flags, or for every one.
    pub(super) fn write_all(
        &self,
        keys: &[Arc<str>],
        every: bool,
        reading: &Reading<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ContextError> {
        self.mistakes.unreadable_context(reading.unreadable(), keys.len() as u64);
        msgpack::array(out, 6);
        match every {
            true => msgpack::nil(out),
            false => msgpack::array(out, keys.len()),
        }
        for key in keys.iter().filter(|_| !every) {
            match self.numbers.get(key) {
                Some(number) => msgpack::uint(out, (*number).into()),
                None => msgpack::text(out, known(key)),
            }
        }
        let mut named: Vec<&str> = Vec::new();
        if reading.wants_names() {
            for needs in keys.iter().filter_map(|key| self.needs(self.flag(key)?).ok()) {
                named.extend(needs.groups.iter().map(|name| &**name));
            }
        }
        self.write_rest(reading, named.into_iter(), None, out)
    }
}
