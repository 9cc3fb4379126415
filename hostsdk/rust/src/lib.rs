//! Feature flags evaluated in memory, by the same engine in every language.
//!
//! A client follows an environment of a [Gonfalon](https://github.com/gonfalon-flags/gonfalon) server and keeps its newest snapshot
//! loaded in the engine. Evaluating a flag takes a fraction of a microsecond and no request, works while the server is down, and
//! has the same answer as in every other language.
//!
//! Promises: no evaluation blocks on the network, panics or fails · a frame that can't be read changes nothing · any number of
//! threads may use a client.

#![cfg_attr(not(feature = "engine-c"), forbid(unsafe_code))]
#![cfg_attr(feature = "engine-c", deny(unsafe_code))]
#![warn(missing_docs)]

mod actor;
mod again;
mod changes;
mod client;
mod config;
#[doc(hidden)]
pub mod conformance;
mod context;
mod decision;
mod endpoint;
mod engine;
mod events;
mod explanation;
mod flags;
mod follower;
mod host;
mod listener;
mod mistakes;
mod msgpack;
mod net;
#[cfg(feature = "openfeature")]
pub mod openfeature;
mod payload;
mod resolution;
mod say;
mod schedules;
mod score;
mod secret;
mod signal;
mod source;
mod status;
mod store;
pub mod testing;
mod tls;
mod value;
mod wire;
mod words;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use actor::{Actor, Id, Who};
pub use client::{AsyncClient, Client};
pub use config::{Config, Pace, StartError};
pub use context::{Context, ContextError};
pub use decision::{Decision, DecisionError, Gate, Reason};
pub use engine::abi::{LoadError, SnapshotInfo};
pub use explanation::{Comparison, Explanation, Operator, Outcome, Step};
pub use flags::{Flags, Stats};
pub use resolution::Resolution;
pub use score::score;
pub use status::{Event, FlagsChanged, State, StateChanged, Subscription};
pub use store::BootstrapError;
pub use tls::Tls;
pub use value::Value;
