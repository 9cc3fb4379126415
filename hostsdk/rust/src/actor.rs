//! Who is asking: an actor's key, or something that knows it.
//!
//! hostsdk/README.md has the table of what each value means.

use std::borrow::Cow;
use std::sync::Arc;

use crate::context::Context;
use crate::value::{self, Value};

/// An actor's key. Texts are keys, and integers, and floats without a fraction within ±2^53, which stand for their digits. `None` is
/// nobody, and so is whatever else a [`Value`] may be: the client counts those and logs each kind once.
#[derive(Clone, Debug, PartialEq)]
pub struct Id<'a>(pub(crate) Key<'a>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key<'a> {
    Nobody,
    Text(Cow<'a, str>),
    /// What isn't a key, in words.
    Unreadable(&'static str),
}

/// Anything that knows its key, and perhaps its groups.
///
/// ```
/// use gonfalon::{Actor, Id};
///
/// struct User {
///     id: u64,
///     staff: bool,
/// }
///
/// impl Actor for User {
///     fn actor_id(&self) -> Id<'_> {
///         self.id.into()
///     }
///     fn in_group(&self, name: &str) -> bool {
///         self.staff && name == "staff"
///     }
/// }
/// ```
pub trait Actor {
    /// The actor's key. `None` is an actor without a key, of whom only the groups count.
    fn actor_id(&self) -> Id<'_>;

    /// Whether the actor is in a group. It is asked only about the groups that the flag, or a prerequisite, names. If it panics,
    /// no decision can rest on the groups, and the caller gets the default.
    fn in_group(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// The context of a question: an actor, or a [`Context`] with groups and attributes besides. Programs hand in a key, `()` for
/// nobody, a reference to an [`Actor`], or a [`Context`].
pub struct Who<'a>(pub(crate) Asking<'a>);

pub(crate) enum Asking<'a> {
    Key(Key<'a>),
    Actor(&'a dyn Actor),
    Context(&'a Context),
    Owned(Box<Context>),
}

impl<'a, T: Into<Id<'a>>> From<Option<T>> for Id<'a> {
    fn from(key: Option<T>) -> Self {
        key.map_or(Id(Key::Nobody), Into::into)
    }
}

impl<'a, T: Into<Id<'a>>> From<Option<T>> for Who<'a> {
    fn from(key: Option<T>) -> Self {
        Id::from(key).into()
    }
}

impl From<()> for Who<'_> {
    fn from((): ()) -> Self {
        Who(Asking::Key(Key::Nobody))
    }
}

impl<'a> From<Id<'a>> for Who<'a> {
    fn from(id: Id<'a>) -> Self {
        Who(Asking::Key(id.0))
    }
}

impl<'a, T: Actor> From<&'a T> for Who<'a> {
    fn from(actor: &'a T) -> Self {
        Who(Asking::Actor(actor))
    }
}

impl<'a> From<&'a dyn Actor> for Who<'a> {
    fn from(actor: &'a dyn Actor) -> Self {
        Who(Asking::Actor(actor))
    }
}

impl<'a> From<&'a Context> for Who<'a> {
    fn from(context: &'a Context) -> Self {
        Who(Asking::Context(context))
    }
}

impl From<Context> for Who<'_> {
    fn from(context: Context) -> Self {
        Who(Asking::Owned(Box::new(context)))
    }
}

macro_rules! keys {
    ($($kind:ty => |$value:ident| $key:expr;)*) => {
        $(
            impl<'a> From<$kind> for Id<'a> {
                fn from($value: $kind) -> Self {
                    Id($key)
                }
            }
            impl<'a> From<$kind> for Who<'a> {
                fn from(key: $kind) -> Self {
                    Id::from(key).into()
                }
            }
        )*
    };
}

keys! {
    &'a str => |key| Key::Text(Cow::Borrowed(key));
    &'a String => |key| Key::Text(Cow::Borrowed(key));
    &'a Arc<str> => |key| Key::Text(Cow::Borrowed(key));
    String => |key| Key::Text(Cow::Owned(key));
    i8 => |n| digits(n);
    i16 => |n| digits(n);
    i32 => |n| digits(n);
    i64 => |n| digits(n);
    i128 => |n| digits(n);
    isize => |n| digits(n);
    u8 => |n| digits(n);
    u16 => |n| digits(n);
    u32 => |n| digits(n);
    u64 => |n| digits(n);
    u128 => |n| digits(n);
    usize => |n| digits(n);
    f32 => |n| float(n.into());
    f64 => |n| float(n);
    Value => |value| of_value(value);
}

#[cfg(feature = "uuid")]
keys! {
    uuid::Uuid => |id| Key::Text(Cow::Owned(id.to_string()));
}

fn digits<'a>(n: impl ToString) -> Key<'a> {
    Key::Text(Cow::Owned(n.to_string()))
}

fn float<'a>(n: f64) -> Key<'a> {
    match value::whole(n) {
        Some(whole) => digits(whole),
        None => Key::Unreadable("a float that is no whole number within ±2^53 as the actor"),
    }
}

fn of_value<'a>(value: Value) -> Key<'a> {
    match value {
        Value::Null => Key::Nobody,
        Value::Text(text) => Key::Text(Cow::Owned(text)),
        Value::Int(n) => digits(n),
        Value::BigInt(text) if value::is_integer(&text) => Key::Text(Cow::Owned(text)),
        Value::Float(n) => float(n),
        Value::Bool(_) => Key::Unreadable("a boolean as the actor"),
        Value::BigInt(_) => Key::Unreadable("an integer that isn't in digits as the actor"),
        Value::List(_) => Key::Unreadable("a list as the actor"),
        Value::Map(_) => Key::Unreadable("a map as the actor"),
    }
}
