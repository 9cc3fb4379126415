//! What the engine decided, as values.

use std::fmt;
use std::sync::Arc;

use crate::context::ContextError;
use crate::payload;
use crate::resolution::Resolution;

// The packed decision of the module's ABI.
pub(crate) const ENABLED: u32 = 1;
pub(crate) const HAS_VARIANT: u32 = 1 << 26;
pub(crate) const HAS_TARGET: u32 = 1 << 27;
const HAS_VARIANT_GATE: u32 = 1 << 28;
pub(crate) const IS_FIXED: u32 = 1 << 29;
const EXHAUSTED: u32 = 1 << 30;
/// Where the reason is, which is 0 for an unknown flag.
pub(crate) const REASON: u32 = 15 << 1;
/// A packed decision of this reason.
pub(crate) const NOT_READY: u32 = 7 << 1;
/// The places that scores can have.
pub(crate) const SCORES: f64 = 65_536.0;

macro_rules! words {
    ($(#[$about:meta])* $name:ident, $kind:literal: $($(#[$what:meta])* $variant:ident = $word:literal),* $(,)?) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$what])* $variant,)*
            /// One of a newer engine, which has no name here.
            Other(u8),
        }

        impl $name {
            /// Those that have a name, by the engine's numbers.
            pub const NAMED: &[$name] = &[$($name::$variant),*];

            pub(crate) fn of(number: u32) -> Self {
                Self::NAMED.get(number as usize).copied().unwrap_or($name::Other(number as u8))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($name::$variant => f.pad($word),)*
                    $name::Other(number) => f.pad(&format!(concat!($kind, " {}"), number)),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Why a decision is what it is.
    Reason, "reason":
    /// The snapshot has no such flag.
    UnknownFlag = "UNKNOWN_FLAG",
    /// No gate granted it.
    Default = "DEFAULT",
    /// The flag is on for everybody.
    Static = "STATIC",
    /// A gate for actors, groups, rules or segments decided.
    TargetingMatch = "TARGETING_MATCH",
    /// A percentage decided.
    Split = "SPLIT",
    /// The flag is killed.
    Killed = "KILLED",
    /// A flag that it requires isn't as required.
    Prerequisite = "PREREQUISITE",
    /// No snapshot could decide: nothing is loaded, the context can't be read, or the engine failed.
    NotReady = "NOT_READY",
}

words! {
    /// A kind of gate.
    Gate, "gate":
    /// No gate.
    None = "",
    /// On or off for everybody.
    Boolean = "boolean",
    /// For one actor.
    Actor = "actor",
    /// For a group.
    Group = "group",
    /// For contexts that match constraints.
    Rule = "rule",
    /// For contexts that match a segment.
    Segment = "segment",
    /// For a time.
    Schedule = "schedule",
    /// For a share of actors.
    PercentageOfActors = "percentage_of_actors",
    /// For a share of the time.
    PercentageOfTime = "percentage_of_time",
    /// Another flag that has to be on, or off.
    Prerequisite = "prerequisite",
    /// The flag is killed.
    Kill = "kill",
}

/// A variant that was served: its name, and its payload as JSON, empty if it has none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) payload: String,
}

/// What kept the engine from deciding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecisionError {
    /// The context can't be read.
    Context(ContextError),
    /// The engine failed.
    Engine(String),
}

impl fmt::Display for DecisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecisionError::Context(error) => error.fmt(f),
            DecisionError::Engine(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for DecisionError {}

/// The answer about one flag for one context.
#[derive(Clone, PartialEq)]
pub struct Decision {
    key: Arc<str>,
    packed: u32,
    variant: Option<Arc<Variant>>,
    target: Option<Box<str>>,
    revision: Option<u64>,
    error: Option<DecisionError>,
}

impl Decision {
    pub(crate) fn new(
        key: Arc<str>,
        packed: u32,
        variant: Option<Arc<Variant>>,
        target: Option<Box<str>>,
        revision: u64,
    ) -> Self {
        Decision { key, packed, variant, target, revision: Some(revision), error: None }
    }

    pub(crate) fn not_ready(key: &str, revision: Option<u64>, error: Option<DecisionError>) -> Self {
        Decision { key: key.into(), packed: NOT_READY, variant: None, target: None, revision, error }
    }

    /// The flag's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What the gates said. It is false while nothing is known.
    pub fn enabled(&self) -> bool {
        self.packed & ENABLED != 0
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        Reason::of(self.packed >> 1 & 15)
    }

    /// The kind of gate that decided; [`Gate::None`] if none did.
    pub fn gate(&self) -> Gate {
        Gate::of(self.packed >> 5 & 15)
    }

    /// That gate's target: a group, segment, parent flag or actor.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// The gate that decided, with its target after a slash, as in `group/staff`; empty if none did.
    pub fn path(&self) -> String {
        match self.target() {
            Some(target) if !target.is_empty() => format!("{}/{target}", self.gate()),
            _ => self.gate().to_string(),
        }
    }

    /// The name of the variant that was served. One is served to a disabled flag's actors, too.
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_ref().map(|variant| variant.name.as_str())
    }

    /// Whether the variant that was served has a payload.
    pub fn has_payload(&self) -> bool {
        !self.payload_text().is_empty()
    }

    /// The payload of the variant that was served: a boolean, a string, a number or an object. A number without a fraction within
    /// ±2^53 is an integer, any other is a float.
    pub fn payload(&self) -> Option<serde_json::Value> {
        payload::read(self.payload_text())
    }

    pub(crate) fn payload_text(&self) -> &str {
        self.variant.as_ref().map_or("", |variant| variant.payload.as_str())
    }

    /// Whether the flag has a variant gate, served or not.
    pub fn has_variants(&self) -> bool {
        self.packed & HAS_VARIANT_GATE != 0
    }

    /// Whether the flag's comparisons took too many steps over the context, so that it is off.
    pub fn exhausted(&self) -> bool {
        self.packed & EXHAUSTED != 0
    }

    /// The actor's place in [0, 1) for this flag, which percentages and variants go by; None if it wasn't needed.
    pub fn score(&self) -> Option<f64> {
        let score = (self.packed >> 9 & 0x1_ffff).checked_sub(1)?;
        Some(f64::from(score) / SCORES)
    }

    /// Whether the flag is killed: off, whatever its gates say.
    pub fn killed(&self) -> bool {
        self.reason() == Reason::Killed
    }

    /// Whether a snapshot decided, and has the flag.
    pub fn known(&self) -> bool {
        !matches!(self.reason(), Reason::UnknownFlag | Reason::NotReady)
    }

    /// The revision of the snapshot that decided; None if there was none.
    pub fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// What kept the engine from deciding. The reason is then [`Reason::NotReady`].
    pub fn error(&self) -> Option<&DecisionError> {
        self.error.as_ref()
    }

    /// The flag's one value, in OpenFeature's words.
    pub fn resolve(&self) -> Resolution {
        Resolution::of(self)
    }

    /// The decision as the module's ABI packs it.
    pub fn packed(&self) -> u32 {
        self.packed
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.enabled() { "on" } else { "off" };
        write!(f, "Decision({:?} {state} {}", self.key, self.reason())?;
        if self.gate() != Gate::None {
            write!(f, " {}", self.path())?;
        }
        if let Some(variant) = self.variant() {
            write!(f, " variant {variant:?}")?;
        }
        f.write_str(")")
    }
}
