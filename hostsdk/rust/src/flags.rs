//! How a program evaluates flags. It is the same whatever keeps them current, and only reads memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::actor::Who;
use crate::context::{ContextError, MOST_LISTED};
use crate::decision::{Decision, DecisionError, ENABLED, REASON};
use crate::engine::abi::SnapshotInfo;
use crate::explanation::Explanation;
use crate::payload;
use crate::status::{Event, State, Subscription};
use crate::store::Store;

/// A client's figures, for metrics.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// What the answers rest on.
    pub state: State,
    /// The snapshot that serves; None before the first.
    pub info: Option<SnapshotInfo>,
    /// Time since the source last confirmed it; None before it did.
    pub age: Option<Duration>,
    /// Snapshots taken from the source.
    pub taken: u64,
    /// Frames that changed nothing.
    pub refused: u64,
    /// Decisions that the engine failed to make, whose callers got their defaults.
    pub broken: u64,
    /// Decisions about unknown flags.
    pub unknown: u64,
    /// Decisions whose context has something that can't be read.
    pub unreadable: u64,
    /// Times that the engine stopped in the middle of a call and was loaded again.
    pub traps: u64,
    /// Connections of the source that ended.
    pub lost: u64,
    /// What the source's trouble is; None once it is well again.
    pub last_error: Option<String>,
}

/// Answers questions about flags. No answer blocks, uses the network or fails: where nothing can be decided, the caller gets the
/// default.
///
/// It is a handle: cloning one is cheap, and any number of threads may ask. Every kind of client derefs to it, so that a function
/// that takes `&Flags` works with each, and with [`FlagsForTest`](crate::testing::FlagsForTest).
///
/// Each question takes [who](Who) is asking: a key, `()`, a reference to an [`Actor`](crate::Actor), or a
/// [`Context`](crate::Context).
#[derive(Clone)]
pub struct Flags {
    pub(crate) store: Arc<Store>,
}

impl Flags {
    /// Whether the flag is on. An unknown or killed flag is off, and so is every flag where nothing could be decided.
    pub fn enabled<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> bool {
        self.enabled_or(key, who, false)
    }

    /// Whether the flag is on. An unknown or killed flag is off; the default counts only where nothing could be decided.
    pub fn enabled_or<'a>(&self, key: &str, who: impl Into<Who<'a>>, default: bool) -> bool {
        let engine = self.store.engine();
        let Some(engine) = &*engine else { return default };
        match engine.evaluate(key, &who.into()) {
            Ok(packed) => {
                if packed & REASON == 0 {
                    self.store.mistakes.unknown_flag(key);
                }
                packed & ENABLED != 0
            }
            Err(error) => {
                self.failed(key, &error);
                default
            }
        }
    }

    /// The name of the variant that the actor gets; None if it gets none. A disabled flag still serves its variant.
    pub fn variant<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Option<String> {
        self.decide(key, who).variant().map(str::to_owned)
    }

    /// The served variant's payload, read as any type that `serde` can read; None if there is none, or it is of another type.
    pub fn payload<'a, T: DeserializeOwned>(&self, key: &str, who: impl Into<Who<'a>>) -> Option<T> {
        serde_json::from_value(self.decide(key, who).payload()?).ok()
    }

    /// The served variant's payload if it is a boolean.
    pub fn payload_bool<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Option<bool> {
        self.decide(key, who).payload()?.as_bool()
    }

    /// The served variant's payload if it is a string.
    pub fn payload_string<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Option<String> {
        match self.decide(key, who).payload()? {
            serde_json::Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The served variant's payload if it is a number without a fraction within ±2^53.
    pub fn payload_int<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Option<i64> {
        payload::integer(&self.decide(key, who).payload()?)
    }

    /// The served variant's payload if it is a number.
    pub fn payload_float<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Option<f64> {
        self.decide(key, who).payload()?.as_f64()
    }

    /// The served variant's payload if it is an object.
    pub fn payload_object<'a>(
        &self,
        key: &str,
        who: impl Into<Who<'a>>,
    ) -> Option<serde_json::Map<String, serde_json::Value>> {
        match self.decide(key, who).payload()? {
            serde_json::Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The whole decision about one flag.
    pub fn decide<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Decision {
        let engine = self.store.engine();
        let Some(engine) = &*engine else { return Decision::not_ready(key, None, None) };
        match engine.decide(key, &who.into()) {
            Ok(decision) => {
                self.note(&decision);
                decision
            }
            Err(error) => {
                self.failed(key, &error);
                Decision::not_ready(key, Some(engine.info.revision), Some(error))
            }
        }
    }

    /// The decisions about all flags, ascending by key; none where nothing is loaded. It takes one call into the engine per 1,024
    /// flags.
    pub fn decide_all<'a>(&self, who: impl Into<Who<'a>>) -> Vec<Decision> {
        self.batch(None, &who.into())
    }

    /// The decisions about these flags, in their order; none if they are more than 100,000, as many as a snapshot can have.
    pub fn decide_some<'a>(&self, keys: &[&str], who: impl Into<Who<'a>>) -> Vec<Decision> {
        if keys.len() > MOST_LISTED {
            self.failed("all flags", &DecisionError::Engine(format!("a question names more than {MOST_LISTED} keys")));
            return Vec::new();
        }
        self.batch(Some(keys), &who.into())
    }

    fn batch(&self, keys: Option<&[&str]>, who: &Who<'_>) -> Vec<Decision> {
        let none = |revision, error: Option<DecisionError>| {
            let every = keys.map_or_else(|| self.keys(), |keys| keys.iter().map(|key| Arc::from(*key)).collect());
            every.iter().map(|key| Decision::not_ready(key, revision, error.clone())).collect()
        };
        let engine = self.store.engine();
        let Some(engine) = &*engine else { return none(None, None) };
        match engine.decide_all(keys, who) {
            Ok(decisions) => {
                decisions.iter().for_each(|decision| self.note(decision));
                decisions
            }
            Err(error) => {
                self.failed("all flags", &error);
                none(Some(engine.info.revision), Some(error))
            }
        }
    }

    /// The decision with every gate that the engine looked at. It is not counted as an evaluation. Where nothing could be decided,
    /// there are no steps.
    pub fn explain<'a>(&self, key: &str, who: impl Into<Who<'a>>) -> Explanation {
        let engine = self.store.engine();
        let Some(engine) = &*engine else {
            let undecided = Decision::not_ready(key, None, None);
            return Explanation::undecided(undecided, self.store.environment().to_owned());
        };
        match engine.explain(key, &who.into()) {
            Ok(explanation) => {
                self.note(&explanation.decision);
                explanation
            }
            Err(error) => {
                self.failed(key, &error);
                let undecided = Decision::not_ready(key, Some(engine.info.revision), Some(error));
                Explanation::undecided(undecided, engine.info.environment.clone())
            }
        }
    }

    /// The keys of all flags, ascending.
    pub fn keys(&self) -> Vec<Arc<str>> {
        self.store.engine().as_ref().map(|engine| engine.keys()).unwrap_or_default()
    }

    /// The bytes that serve now, to be kept as a bootstrap; None before the first.
    pub fn snapshot(&self) -> Option<Arc<[u8]>> {
        self.store.engine().as_ref().map(|engine| engine.data.clone())
    }

    /// A description of the snapshot that serves; None before the first.
    pub fn info(&self) -> Option<SnapshotInfo> {
        self.store.engine().as_ref().map(|engine| engine.info.clone())
    }

    /// What the answers rest on.
    pub fn state(&self) -> State {
        self.store.status.state()
    }

    /// The client's figures now.
    pub fn stats(&self) -> Stats {
        let (store, status) = (&*self.store, &*self.store.status);
        Stats {
            state: status.state(),
            info: self.info(),
            age: status.age(),
            taken: store.taken(),
            refused: store.refused(),
            broken: store.mistakes.broken(),
            unknown: store.mistakes.unknown(),
            unreadable: store.mistakes.unreadable(),
            traps: store.mistakes.traps(),
            lost: status.losses(),
            last_error: status.error(),
        }
    }

    /// Calls a listener on each event until the subscription is dropped: one event after another, in a thread of its own, so it may
    /// take its time. One that is a thousand events late misses some. A listener that panics is logged.
    /// [`FlagsForTest`](crate::testing::FlagsForTest) calls its listeners before a change returns.
    pub fn subscribe(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Subscription {
        self.store.status.subscribe(listener)
    }

    fn note(&self, decision: &Decision) {
        if let Some(error) = decision.error() {
            self.failed(decision.key(), error);
        } else if !decision.known() {
            self.store.mistakes.unknown_flag(decision.key());
        }
    }

    fn failed(&self, key: &str, error: &DecisionError) {
        match error {
            DecisionError::Context(error) => self.store.mistakes.unreadable_context(unreadable(error), 1),
            DecisionError::Engine(error) => self.store.mistakes.broken_decision(key, error),
        }
    }
}

fn unreadable(error: &ContextError) -> std::iter::Once<String> {
    std::iter::once(format!("something that can't be read: {error}"))
}

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let about: BTreeMap<_, _> = [("state", self.state().to_string())].into();
        f.debug_tuple("Flags").field(&about).finish()
    }
}
