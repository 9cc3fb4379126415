//! Flags for tests: set in the test, decided by the real engine, no network, nothing shared.
//!
//! ```
//! use gonfalon::testing::{FlagsForTest, Target};
//! use gonfalon::{Context, Flags};
//!
//! fn checkout(flags: &Flags, user: &str) -> &'static str {
//!     if flags.enabled("new_checkout", Context::new(user).group("staff")) { "new" } else { "old" }
//! }
//!
//! let mut flags = FlagsForTest::new();
//! assert_eq!(checkout(&flags, "user:3"), "old");
//! flags.enable("new_checkout", Target::for_group("staff"));
//! assert_eq!(checkout(&flags, "user:3"), "new");
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use crate::engine::Engine;
use crate::engine::abi::LoadError;
use crate::flags::Flags;
use crate::secret::Secret;
use crate::status::Status;
use crate::store::Store;

mod compile;

/// A client for tests: ask it as any other, and say what the flags are. Flags that the test doesn't set are unknown, or those of a
/// base.
pub struct FlagsForTest {
    flags: Flags,
    base: Option<Arc<Engine>>,
    set: BTreeMap<String, Flag>,
    revision: i64,
}

/// What a change in a test is about. `()` is everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct Target(Scope);

#[derive(Clone, Debug, PartialEq)]
enum Scope {
    Everybody,
    Actor(String),
    Group(String),
    ShareOfActors(f64),
    ShareOfTime(f64),
    Requires(String),
}

impl Target {
    /// An actor.
    pub fn for_actor(key: impl Into<String>) -> Self {
        Target(Scope::Actor(key.into()))
    }

    /// A group.
    pub fn for_group(name: impl Into<String>) -> Self {
        Target(Scope::Group(name.into()))
    }

    /// A share of actors, between 0 and 1.
    pub fn for_percentage_of_actors(ratio: f64) -> Self {
        Target(Scope::ShareOfActors(share(ratio)))
    }

    /// A share of the time, between 0 and 1.
    pub fn for_percentage_of_time(ratio: f64) -> Self {
        Target(Scope::ShareOfTime(share(ratio)))
    }

    /// Another flag that must be on (or off, if the flag is disabled for this).
    pub fn requires(key: impl Into<String>) -> Self {
        Target(Scope::Requires(key.into()))
    }
}

fn share(ratio: f64) -> f64 {
    assert!(ratio > 0.0 && ratio < 1.0, "{ratio} is not between 0 and 1 (both excluded)");
    ratio
}

impl From<()> for Target {
    fn from((): ()) -> Self {
        Target(Scope::Everybody)
    }
}

/// One flag's gates, as far as tests need them. States of actors and groups: true allows, false denies.
#[derive(Clone, Debug, Default, PartialEq)]
struct Flag {
    on: bool,
    killed: bool,
    actors: BTreeMap<String, bool>,
    groups: BTreeMap<String, bool>,
    share_of_actors: Option<f64>,
    share_of_time: Option<f64>,
    variant: Option<(String, Option<Value>)>,
    requires: BTreeMap<String, bool>,
}

impl FlagsForTest {
    /// A client without flags.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self::made(None)
    }

    /// A client with the flags of a snapshot, which `gonfalon compile` makes. What the test sets goes before them; a prerequisite is
    /// looked for among its own.
    pub fn over(snapshot: &[u8]) -> Result<Self, LoadError> {
        Ok(Self::made(Some(Arc::new(Engine::load(snapshot, Arc::default())?))))
    }

    fn made(base: Option<Arc<Engine>>) -> Self {
        let flags = Flags { store: Arc::new(Store::new(None, Status::new(None, false), None, Secret::default())) };
        let mut made = FlagsForTest { flags, base, set: BTreeMap::new(), revision: 0 };
        made.load(BTreeSet::new());
        made
    }

    /// Turns a flag on for a target, `()` for everybody.
    pub fn enable(&mut self, key: &str, target: impl Into<Target>) {
        self.switch(key, target.into(), true);
    }

    /// Turns a flag off for a target: for everybody (`()`) that no other gate grants it to, an actor or a group.
    pub fn disable(&mut self, key: &str, target: impl Into<Target>) {
        self.switch(key, target.into(), false);
    }

    /// Serves a variant to every actor, with a payload unless it is null.
    pub fn serve(&mut self, key: &str, variant: &str, payload: impl Into<Value>) {
        let payload = Some(payload.into()).filter(|payload| !payload.is_null());
        self.change(key, |flag| flag.variant = Some((variant.into(), payload)));
    }

    /// Kills a flag: off, whatever its gates say.
    pub fn kill(&mut self, key: &str) {
        self.change(key, |flag| flag.killed = true);
    }

    /// Forgets what the test set for a flag.
    pub fn clear(&mut self, key: &str) {
        self.set.remove(key);
        self.load(BTreeSet::from([key.to_owned()]));
    }

    /// Becomes a client that nothing has been loaded into: every question returns the caller's default. The next change loads again.
    pub fn unload(&mut self) {
        self.flags.store.put(None, BTreeSet::new());
    }

    fn switch(&mut self, key: &str, Target(scope): Target, on: bool) {
        self.change(key, |flag| match scope {
            Scope::Everybody => flag.on = on,
            Scope::Actor(actor) => _ = flag.actors.insert(actor, on),
            Scope::Group(group) => _ = flag.groups.insert(group, on),
            Scope::ShareOfActors(ratio) => flag.share_of_actors = on.then_some(ratio),
            Scope::ShareOfTime(ratio) => flag.share_of_time = on.then_some(ratio),
            Scope::Requires(parent) => _ = flag.requires.insert(parent, on),
        });
    }

    fn change(&mut self, key: &str, change: impl FnOnce(&mut Flag)) {
        change(self.set.entry(key.to_owned()).or_default());
        self.load(BTreeSet::from([key.to_owned()]));
    }

    fn load(&mut self, changed: BTreeSet<String>) {
        self.revision += 1;
        let data = compile::snapshot(&self.set, self.revision);
        let engine = Engine::load(&data, self.flags.store.mistakes.clone()).expect("flags of a test that load");
        self.flags.store.put(Some(engine.over(self.base.clone())), changed);
    }
}

impl fmt::Debug for FlagsForTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlagsForTest").field("set", &self.set).finish_non_exhaustive()
    }
}

/// A snapshot of these flags that are on or off.
#[cfg(test)]
pub(crate) fn compiled(flags: &BTreeMap<&str, bool>) -> Vec<u8> {
    let flag = |(key, on): (&&str, &bool)| (key.to_string(), Flag { on: *on, ..Flag::default() });
    compile::snapshot(&flags.iter().map(flag).collect(), 1)
}

impl Deref for FlagsForTest {
    type Target = Flags;

    fn deref(&self) -> &Flags {
        &self.flags
    }
}
