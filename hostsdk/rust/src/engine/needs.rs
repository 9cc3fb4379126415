//! What deciding one flag can ask for, so that nothing else of a context is read or written.

use crate::engine::abi::lossy;
use crate::msgpack;

/// The answer of the ABI's `needs`, and whether the decision is known already.
pub(crate) struct Needs {
    pub(crate) number: u32,
    pub(crate) groups: Vec<Box<str>>,
    /// The attributes; None: all that there are, and all groups.
    pub(crate) attributes: Option<Vec<Box<str>>>,
    pub(crate) now: bool,
    pub(crate) roll: bool,
    /// The packed decision, if it is the same for every request and points at nothing.
    pub(crate) fixed: Option<u32>,
}

impl Needs {
    /// Reads the engine's answer. One that can't be read stands for everything.
    pub(crate) fn read(number: u32, written: &[u8], fixed: Option<u32>) -> Self {
        let mut needs = Needs { number, groups: Vec::new(), attributes: None, now: true, roll: true, fixed };
        if let Some((rmpv::ValueRef::Array(fields), _)) = msgpack::read(written)
            && let [groups, attributes, _, now, roll] = fields.as_slice()
        {
            needs.groups = texts(groups).unwrap_or_default();
            needs.attributes = texts(attributes);
            needs.now = as_bool(now);
            needs.roll = as_bool(roll);
        }
        needs
    }

    /// Whether nothing but the actor matters.
    pub(crate) fn alone(&self) -> bool {
        self.groups.is_empty() && self.attributes.as_ref().is_some_and(Vec::is_empty) && !self.now && !self.roll
    }

    /// Whether the actor's groups matter.
    pub(crate) fn grouped(&self) -> bool {
        !self.groups.is_empty() || self.attributes.is_none()
    }
}

fn texts(written: &rmpv::ValueRef<'_>) -> Option<Vec<Box<str>>> {
    let rmpv::ValueRef::Array(items) = written else { return None };
    let text = |item: &rmpv::ValueRef<'_>| match item {
        rmpv::ValueRef::String(text) => lossy(text.as_bytes()).into_boxed_str(),
        _ => Box::default(),
    };
    Some(items.iter().map(text).collect())
}

fn as_bool(written: &rmpv::ValueRef<'_>) -> bool {
    !matches!(written, rmpv::ValueRef::Boolean(false))
}
