//! One instance of the engine, as C: the calls of csrc/gonfalon.h. Nothing else in the crate is unsafe.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use super::abi::{BATCH, Failure, LoadError, Record, SnapshotInfo, hex, lossy};

/// The engine's name.
pub(crate) const NAME: &str = "C";

const TRAPPED: i32 = -100;
const NO_MEMORY: i32 = -101;

/// A loaded snapshot. It serves one call at a time, which `&mut self` sees to. After [`Failure::Trapped`] each call answers that.
pub(crate) struct Instance(NonNull<c_void>);

// SAFETY: a snapshot belongs to no thread; the library keeps nothing outside of it.
unsafe impl Send for Instance {}

#[repr(C)]
#[derive(Clone, Copy)]
struct Text {
    data: *const u8,
    size: u32,
}

impl Text {
    const NONE: Text = Text { data: ptr::null(), size: 0 };

    /// The bytes that it points at.
    ///
    /// # Safety
    ///
    /// The library wrote it, and no call on its snapshot is made for as long as the bytes are used.
    unsafe fn bytes<'a>(self) -> &'a [u8] {
        match self.data.is_null() {
            true => &[],
            // SAFETY: the library points at `size` bytes inside the snapshot, valid until the next call on it.
            false => unsafe { std::slice::from_raw_parts(self.data, self.size as usize) },
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Decided {
    packed: i32,
    variant: u32,
    name: Text,
    payload: Text,
    target: Text,
}

impl Decided {
    const NONE: Decided = Decided { packed: 0, variant: 0, name: Text::NONE, payload: Text::NONE, target: Text::NONE };

    /// # Safety
    ///
    /// As for [`Text::bytes`].
    unsafe fn record<'a>(&self) -> Record<'a> {
        // SAFETY: the caller's.
        let [name, payload, target] = [self.name, self.payload, self.target].map(|text| unsafe { text.bytes() });
        Record { packed: self.packed as u32, variant: self.variant, name, payload, target }
    }
}

#[repr(C)]
struct Info {
    environment: Text,
    revision: u64,
    flags: u32,
    segments: u32,
    unreadable: u32,
    id: [u8; 32],
    lineage: [u8; 16],
}

unsafe extern "C" {
    fn gonfalon_load(bytes: *const u8, size: usize, snapshot: *mut *mut c_void, offset: *mut u32) -> i32;
    fn gonfalon_clone(snapshot: *const c_void, clone: *mut *mut c_void) -> i32;
    fn gonfalon_free(snapshot: *mut c_void);
    fn gonfalon_info(snapshot: *mut c_void, info: *mut Info) -> i32;
    fn gonfalon_flag_key(snapshot: *mut c_void, number: u32, key: *mut Text, unreadable: *mut i32) -> i32;
    fn gonfalon_needs(snapshot: *mut c_void, request: *const u8, size: usize, needs: *mut Text) -> i32;
    fn gonfalon_evaluate(snapshot: *mut c_void, request: *const u8, size: usize) -> i32;
    fn gonfalon_decide(snapshot: *mut c_void, request: *const u8, size: usize, decision: *mut Decided) -> i32;
    fn gonfalon_batch(
        snapshot: *mut c_void,
        request: *const u8,
        size: usize,
        first: u32,
        decisions: *mut Decided,
    ) -> i32;
    fn gonfalon_explain(snapshot: *mut c_void, request: *const u8, size: usize, explanation: *mut Text) -> i32;
    fn gonfalon_splice(
        snapshot: *mut c_void,
        delta: *const u8,
        size: usize,
        spliced: *mut Text,
        offset: *mut u32,
    ) -> i32;
}

impl Instance {
    /// Another instance is a copy of this one's memory, which takes no longer than many decisions.
    pub(crate) const COPIES: bool = true;

    pub(crate) fn load(data: &[u8]) -> Result<Self, LoadError> {
        let (mut snapshot, mut offset) = (ptr::null_mut(), 0);
        // SAFETY: the bytes are copied; snapshot and offset are written to.
        let code = unsafe { gonfalon_load(data.as_ptr(), data.len(), &mut snapshot, &mut offset) };
        Self::made(code, snapshot, offset)
    }

    /// Another instance of the snapshot: a copy of its memory.
    pub(crate) fn another(&mut self, _data: &[u8]) -> Result<Self, LoadError> {
        let mut snapshot = ptr::null_mut();
        // SAFETY: `&mut self` keeps other calls away; snapshot is written to.
        let code = unsafe { gonfalon_clone(self.0.as_ptr(), &mut snapshot) };
        Self::made(code, snapshot, 0)
    }

    fn made(code: i32, snapshot: *mut c_void, offset: u32) -> Result<Self, LoadError> {
        match NonNull::new(snapshot) {
            Some(snapshot) if code == 0 => Ok(Instance(snapshot)),
            _ if code > 0 => Err(LoadError { code, offset }),
            _ => Err(LoadError::TRAPPED),
        }
    }

    pub(crate) fn info(&mut self) -> Result<SnapshotInfo, Failure> {
        let mut info = Info {
            environment: Text::NONE,
            revision: 0,
            flags: 0,
            segments: 0,
            unreadable: 0,
            id: [0; 32],
            lineage: [0; 16],
        };
        // SAFETY: info is written to.
        answer(unsafe { gonfalon_info(self.0.as_ptr(), &mut info) })?;
        Ok(SnapshotInfo {
            // SAFETY: it is copied before the next call.
            environment: lossy(unsafe { info.environment.bytes() }),
            id: hex(&info.id),
            lineage: hex(&info.lineage),
            revision: info.revision,
            flags: info.flags,
            segments: info.segments,
            unreadable: info.unreadable,
        })
    }

    pub(crate) fn flag_key(&mut self, index: u32) -> Result<&[u8], Failure> {
        let mut key = Text::NONE;
        // SAFETY: key is written to, and unreadable may be null.
        answer(unsafe { gonfalon_flag_key(self.0.as_ptr(), index, &mut key, ptr::null_mut()) })?;
        // SAFETY: the bytes borrow the instance, so that no call is made while they are used.
        Ok(unsafe { key.bytes() })
    }

    /// Decides the request's flag, without what it points at.
    pub(crate) fn evaluate(&mut self, request: &[u8]) -> Result<u32, Failure> {
        // SAFETY: the request is read during the call.
        answer(unsafe { gonfalon_evaluate(self.0.as_ptr(), request.as_ptr(), request.len()) })
    }

    /// Decides the request's flag.
    pub(crate) fn decide(&mut self, request: &[u8]) -> Result<Record<'_>, Failure> {
        let mut decided = Decided::NONE;
        // SAFETY: the request is read and decided written to during the call.
        answer(unsafe { gonfalon_decide(self.0.as_ptr(), request.as_ptr(), request.len(), &mut decided) })?;
        // SAFETY: the record borrows the instance, so that no call is made while it is used.
        Ok(unsafe { decided.record() })
    }

    /// Decides up to 1,024 of the request's flags, beginning with one of them, and hands each to a function. Returns how many.
    pub(crate) fn batch(
        &mut self,
        request: &[u8],
        first: usize,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<usize, Failure> {
        let mut decided = Vec::with_capacity(BATCH);
        let (at, size) = (request.as_ptr(), request.len());
        // SAFETY: there is room for as many decisions as the call writes at most.
        let count = answer(unsafe { gonfalon_batch(self.0.as_ptr(), at, size, first as u32, decided.as_mut_ptr()) })?;
        let count = (count as usize).min(BATCH);
        // SAFETY: the call wrote this many.
        unsafe { decided.set_len(count) };
        for decided in &decided {
            let decided: &Decided = decided;
            // SAFETY: no call is made before the last one was handed over, since that would borrow the instance.
            each(unsafe { decided.record() });
        }
        Ok(count)
    }

    /// The explanation of a decision, in msgpack.
    pub(crate) fn explain(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        let mut text = Text::NONE;
        // SAFETY: the request is read and text written to during the call.
        answer(unsafe { gonfalon_explain(self.0.as_ptr(), request.as_ptr(), request.len(), &mut text) })?;
        // SAFETY: the bytes borrow the instance, so that no call is made while they are used.
        Ok(unsafe { text.bytes() })
    }

    /// What deciding a flag can ask for, in msgpack.
    pub(crate) fn needs(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        let mut text = Text::NONE;
        // SAFETY: the request is read and text written to during the call.
        answer(unsafe { gonfalon_needs(self.0.as_ptr(), request.as_ptr(), request.len(), &mut text) })?;
        // SAFETY: the bytes borrow the instance, so that no call is made while they are used.
        Ok(unsafe { text.bytes() })
    }

    /// The snapshot that a delta makes of this one.
    pub(crate) fn splice(&mut self, delta: &[u8]) -> Result<Vec<u8>, LoadError> {
        let (mut text, mut offset) = (Text::NONE, 0);
        let (at, size) = (delta.as_ptr(), delta.len());
        // SAFETY: the delta is read, and text and offset written to, during the call.
        match unsafe { gonfalon_splice(self.0.as_ptr(), at, size, &mut text, &mut offset) } {
            // SAFETY: the bytes are copied before the next call.
            0 => Ok(unsafe { text.bytes() }.to_vec()),
            code if code > 0 => Err(LoadError { code, offset }),
            _ => Err(LoadError::TRAPPED),
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: it is freed once, and nothing points into it any more.
        unsafe { gonfalon_free(self.0.as_ptr()) };
    }
}

/// Tells an answer from an error.
fn answer(code: i32) -> Result<u32, Failure> {
    match code {
        TRAPPED | NO_MEMORY => Err(Failure::Trapped),
        code => u32::try_from(code).map_err(|_| Failure::Refused(code)),
    }
}
