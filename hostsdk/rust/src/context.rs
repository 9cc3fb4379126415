//! The context of a decision: an actor, its groups, and attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::actor::{Actor, Asking, Id, Key, Who};
use crate::engine::abi::MAX_REQUEST_BYTES;
use crate::msgpack;
use crate::value::Value;

/// The groups or attributes of one request, by the module's ABI.
const MOST: usize = 256;
/// The groups and the attributes that are read of a context, the values of one attribute, and the keys of a question: an iterator
/// may have no end.
pub(crate) const MOST_LISTED: usize = 100_000;

/// A context that can't be read, so that nothing could be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextError(String);

impl ContextError {
    pub(crate) fn too_large() -> Self {
        ContextError(format!("a request has more than {MAX_REQUEST_BYTES} bytes"))
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ContextError {}

type InGroup = dyn Fn(&str) -> bool + Send + Sync;

/// A context that is made once and used for many decisions. Making one never fails.
///
/// ```
/// use gonfalon::Context;
///
/// let who = Context::new("user:3").group("staff").attribute("plan", "pro").attribute("seats", 12);
/// ```
#[derive(Clone, Default)]
pub struct Context {
    key: Option<String>,
    identified: bool,
    groups: Vec<String>,
    in_group: Option<Arc<InGroup>>,
    /// Attributes one after another as they are written in a request: a name, and its value.
    written: Vec<u8>,
    /// Where each is in that. Of two with one name the later counts.
    attributes: Vec<Attribute>,
    now: Option<i64>,
    roll: Option<u64>,
    /// Parts that can't be read, in words. The actor is nobody, a group is left out.
    unreadable: Vec<&'static str>,
    /// There are more groups than are read.
    endless: bool,
    /// There are more attributes than are read.
    overfull: bool,
}

#[derive(Clone, Copy)]
struct Attribute {
    begin: usize,
    /// Where the name is, without its head.
    name: (usize, usize),
    end: usize,
}

impl Context {
    /// A context of an actor. `()` is nobody.
    ///
    /// Of an [`Actor`] only the key is taken, since a context outlives it: [`Context::in_group`] answers for its groups.
    pub fn new<'a>(actor: impl Into<Who<'a>>) -> Self {
        match actor.into().0 {
            Asking::Key(key) => Context::default().of(key),
            Asking::Actor(actor) => Context { identified: true, ..Context::default() }.of(read_id(actor)),
            Asking::Context(context) => context.clone(),
            Asking::Owned(context) => *context,
        }
    }

    fn of(mut self, key: Key<'_>) -> Self {
        match key {
            Key::Nobody => {}
            Key::Text(key) => self.key = Some(key.into_owned()),
            Key::Unreadable(what) => self.unreadable.push(what),
        }
        self
    }

    /// Puts the actor into a group.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        if self.groups.len() == MOST_LISTED {
            self.endless = true;
        } else {
            self.groups.push(name.into());
        }
        self
    }

    /// Puts the actor into groups. There may be any number: of more than 256, those count that the flag names.
    #[must_use]
    pub fn groups<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        for name in names {
            self = self.group(name);
            if self.endless {
                break;
            }
        }
        self
    }

    /// Reads groups from a value that comes from outside, such as JSON: a list of texts, or one text. What isn't a text is left
    /// out, and counted as unreadable.
    #[must_use]
    pub fn groups_of(mut self, value: &Value) -> Self {
        match value {
            Value::Null => {}
            Value::Text(name) => self.groups.push(name.clone()),
            Value::List(items) => {
                self.endless |= items.len() > MOST_LISTED;
                for item in items.iter().take(MOST_LISTED) {
                    match item {
                        Value::Text(name) => self = self.groups([name]),
                        _ => self.unreadable.push("something that isn't a text as a group"),
                    }
                }
            }
            _ => self.unreadable.push("something that isn't a list of texts as the groups"),
        }
        self
    }

    /// Asks this whether the actor is in a group, besides those that are given by name. It is asked only about groups that a flag
    /// names, during the decision, and must answer at once.
    #[must_use]
    pub fn in_group(mut self, answer: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.in_group = Some(Arc::new(answer));
        self
    }

    /// Gives the context an attribute, in the place of one that has the name already.
    #[must_use]
    pub fn attribute(mut self, name: impl AsRef<str>, value: impl Into<Value>) -> Self {
        if self.attributes.len() == MOST_LISTED {
            self.overfull = true;
            return self;
        }
        let begin = self.written.len();
        msgpack::text(&mut self.written, name.as_ref());
        let named = self.written.len();
        let mut value = value.into();
        if !value.is_few() {
            value = Value::Null;
            self.unreadable.push("an attribute of more than 100,000 values");
        }
        value.write(&mut self.written);
        let name = (named - name.as_ref().len(), named);
        self.attributes.push(Attribute { begin, name, end: self.written.len() });
        self
    }

    /// Gives the context attributes.
    #[must_use]
    pub fn attributes<N: AsRef<str>, V: Into<Value>>(mut self, attributes: impl IntoIterator<Item = (N, V)>) -> Self {
        for (name, value) in attributes {
            self = self.attribute(name, value);
            if self.overfull {
                break;
            }
        }
        self
    }

    fn name_of(&self, attribute: &Attribute) -> &[u8] {
        &self.written[attribute.name.0..attribute.name.1]
    }

    fn written_of(&self, attribute: &Attribute) -> &[u8] {
        &self.written[attribute.begin..attribute.end]
    }

    /// Decides as of a time, in Unix microseconds, instead of the clock's.
    #[must_use]
    pub fn now(mut self, unix_micros: i64) -> Self {
        self.now = Some(unix_micros);
        self
    }

    /// Decides by these 64 bits of chance, instead of new ones for each decision.
    #[must_use]
    pub fn roll(mut self, bits: u64) -> Self {
        self.roll = Some(bits);
        self
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<_> =
            self.attributes.iter().map(|known| String::from_utf8_lossy(self.name_of(known))).collect();
        f.debug_struct("Context")
            .field("actor", &self.key)
            .field("groups", &self.groups)
            .field("attributes", &attributes)
            .finish_non_exhaustive()
    }
}

/// A context as a request needs it, whatever it was handed in as.
pub(crate) struct Reading<'a> {
    pub(crate) actor: Actors<'a>,
    context: Option<&'a Context>,
    asked: Option<&'a dyn Actor>,
    pub(crate) now: Option<i64>,
    pub(crate) roll: Option<u64>,
    unreadable: Option<&'static str>,
}

/// The actor of a request.
pub(crate) enum Actors<'a> {
    Nobody,
    Keyless,
    Text(&'a str),
    Own(String),
}

impl Actors<'_> {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Actors::Nobody => msgpack::nil(out),
            Actors::Keyless => msgpack::boolean(out, false),
            Actors::Text(key) => msgpack::text(out, key),
            Actors::Own(key) => msgpack::text(out, key),
        }
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn of(asking: &'a Asking<'a>) -> Self {
        let mut reading = Reading::nobody();
        match asking {
            Asking::Key(Key::Nobody) => {}
            Asking::Key(Key::Text(key)) => reading.actor = Actors::Text(key),
            Asking::Key(Key::Unreadable(what)) => reading.unreadable = Some(what),
            Asking::Actor(actor) => {
                reading.asked = Some(*actor);
                reading.actor = match read_id(*actor) {
                    Key::Text(key) => Actors::Own(key.into_owned()),
                    Key::Nobody => Actors::Keyless,
                    Key::Unreadable(what) => {
                        reading.unreadable = Some(what);
                        Actors::Keyless
                    }
                };
            }
            Asking::Context(context) => reading.read(context),
            Asking::Owned(context) => reading.read(context),
        }
        reading
    }

    pub(crate) fn of_context(context: &'a Context) -> Self {
        let mut reading = Reading::nobody();
        reading.read(context);
        reading
    }

    fn nobody() -> Self {
        Reading { actor: Actors::Nobody, context: None, asked: None, now: None, roll: None, unreadable: None }
    }

    fn read(&mut self, context: &'a Context) {
        self.context = Some(context);
        (self.now, self.roll) = (context.now, context.roll);
        self.actor = match &context.key {
            Some(key) => Actors::Text(key),
            // Groups without an actor are somebody's: an actor without a key.
            None if context.identified
                || !context.groups.is_empty()
                || context.in_group.is_some()
                || context.endless =>
            {
                Actors::Keyless
            }
            None => Actors::Nobody,
        };
    }

    /// What can't be read, in words.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = &'static str> {
        let listed = self.context.map_or(&[] as &[_], |context| &context.unreadable);
        self.unreadable.into_iter().chain(listed.iter().copied())
    }

    /// Whether the groups of a request depend on those that flags name.
    pub(crate) fn wants_names(&self) -> bool {
        self.asked.is_some() || self.context.is_some_and(|c| c.in_group.is_some() || c.groups.len() > MOST)
    }

    /// Writes the groups of a request about flags that name these.
    pub(crate) fn write_groups<'n>(
        &self,
        named: impl Iterator<Item = &'n str> + Clone,
        out: &mut Vec<u8>,
    ) -> Result<(), ContextError> {
        let given: &[String] = self.context.map_or(&[], |context| &context.groups);
        if !self.wants_names() && !self.context.is_some_and(|context| context.endless) {
            msgpack::array(out, given.len());
            given.iter().for_each(|name| msgpack::text(out, name));
            return Ok(());
        }
        if self.context.is_some_and(|context| context.endless) {
            return Err(ContextError(format!("there are more than {MOST_LISTED} groups")));
        }
        let mut found: BTreeSet<&str> = given.iter().map(String::as_str).collect();
        for name in named.clone() {
            if !found.contains(name) && self.is_in(name)? {
                found.insert(name);
            }
        }
        // Of more groups than a request can have, those count that the flags name.
        if found.len() > MOST {
            let named: BTreeSet<&str> = named.collect();
            found.retain(|name| named.contains(name));
        }
        if found.len() > MOST {
            return Err(ContextError(format!(
                "the flag names {} of the actor's groups, more than {MOST}",
                found.len()
            )));
        }
        msgpack::array(out, found.len());
        found.iter().for_each(|name| msgpack::text(out, name));
        Ok(())
    }

    fn is_in(&self, name: &str) -> Result<bool, ContextError> {
        let answer = catch_unwind(AssertUnwindSafe(|| {
            self.asked.is_some_and(|actor| actor.in_group(name))
                || self.context.and_then(|context| context.in_group.as_ref()).is_some_and(|in_group| in_group(name))
        }));
        answer.map_err(|_| ContextError("asking for the groups panics".into()))
    }

    /// Writes the attributes of a request about flags that look at these, or (None) at any.
    pub(crate) fn write_attributes(&self, names: Option<&[Box<str>]>, out: &mut Vec<u8>) -> Result<(), ContextError> {
        let Some(context) = self.context.filter(|context| !context.attributes.is_empty()) else {
            msgpack::map(out, 0);
            return Ok(());
        };
        if context.overfull && names.is_none_or(|names| !names.is_empty()) {
            return Err(ContextError(format!("there are more than {MOST_LISTED} attributes")));
        }
        let Some(names) = names else {
            let each = context.attributes.iter().map(|known| (context.name_of(known), context.written_of(known)));
            let by_name: BTreeMap<_, _> = each.collect();
            if by_name.len() > MOST {
                return Err(ContextError(format!("there are {} attributes, more than {MOST}", by_name.len())));
            }
            msgpack::map(out, by_name.len());
            by_name.values().for_each(|written| out.extend_from_slice(written));
            return Ok(());
        };
        // At most 15 by the ABI, so that the map's head is one byte, which is counted up.
        let head = out.len();
        out.push(0x80);
        for name in names {
            let found = context.attributes.iter().rfind(|known| context.name_of(known) == name.as_bytes());
            if let Some(known) = found {
                out[head] += 1;
                out.extend_from_slice(context.written_of(known));
            }
        }
        Ok(())
    }
}

/// The key that an actor says it has.
fn read_id(actor: &dyn Actor) -> Key<'_> {
    let read = catch_unwind(AssertUnwindSafe(|| actor.actor_id()));
    read.map_or(Key::Unreadable("an actor whose actor_id panics"), |Id(key)| key)
}
