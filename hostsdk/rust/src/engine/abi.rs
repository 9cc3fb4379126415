//! What the engine answers, by the module's ABI (wasm/ABI.md), whatever runs it.

use std::fmt;

/// The engine's limit; larger snapshots aren't even copied into it.
pub(crate) const MAX_SNAPSHOT_BYTES: usize = 32 << 20;
/// The largest request.
pub(crate) const MAX_REQUEST_BYTES: usize = 32 << 20;
/// The longest key of a flag.
pub(crate) const MAX_KEY_BYTES: usize = 1024;
/// Decisions of one call.
pub(crate) const BATCH: usize = 1024;

/// Bytes that are no snapshot, or a delta that doesn't apply to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The engine's code for it.
    pub code: i32,
    /// The offset of the fault, in bytes from 0.
    pub offset: u32,
}

impl LoadError {
    #[cfg(not(feature = "engine-c"))]
    pub(crate) const TOO_LARGE: LoadError = LoadError { code: 1, offset: MAX_SNAPSHOT_BYTES as u32 };
    /// The engine stopped in the middle of the call.
    pub(crate) const TRAPPED: LoadError = LoadError { code: -100, offset: 0 };
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.code {
            1 => "longer than a snapshot may be",
            2 => "not a gonfalon snapshot",
            3 => "a snapshot format that this engine doesn't read",
            4 => "the content id doesn't match the bytes: they are truncated or altered",
            5 => "malformed",
            6 => "the records don't add up to the header's counts",
            7 => "past a limit",
            8 => "the keys don't ascend, or one occurs twice",
            9 => "an index or a state is out of range",
            10 => "there are bytes after the end",
            11 => "the delta is for another snapshot",
            12 => "the delta deletes a key that isn't there",
            13 => "the buffer is too small",
            14 => "too many keys collide",
            -100 => return f.write_str("the engine stopped, for want of memory"),
            _ => "refused",
        };
        write!(f, "{what} (code {}) at byte {}", self.code, self.offset)
    }
}

impl std::error::Error for LoadError {}

/// Why the engine has no answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It refused the request, by a code of the ABI.
    Refused(i32),
    /// It stopped in the middle of the call, and can't be used any more.
    Trapped,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(-1) => f.write_str("malformed request"),
            Failure::Refused(-2) => f.write_str("too large for the engine"),
            Failure::Refused(code) => write!(f, "refused with code {code}"),
            Failure::Trapped => f.write_str("the engine stopped"),
        }
    }
}

/// One decision, which points into the engine's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) packed: u32,
    /// 1 + the variant's place in the snapshot; 0 for none.
    pub(crate) variant: u32,
    pub(crate) name: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) target: &'a [u8],
}

/// What a snapshot says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotInfo {
    /// The environment's key.
    pub environment: String,
    /// The content id, in lower-case hex.
    pub id: String,
    /// The lineage, in lower-case hex; all zeros for a snapshot that no control plane made.
    pub lineage: String,
    /// The revision.
    pub revision: u64,
    /// How many flags it has.
    pub flags: u32,
    /// How many segments it has.
    pub segments: u32,
    /// Flags and segments that a newer control plane wrote in a form that the engine can't read. Such a flag is off.
    pub unreadable: u32,
}

impl SnapshotInfo {
    /// Lineage, revision and content id, as a server knows it.
    pub fn position(&self) -> String {
        format!("{}-{}-{}", self.lineage, self.revision, self.id)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
