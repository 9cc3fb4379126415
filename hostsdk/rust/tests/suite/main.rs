//! The contract of hostsdk/README.md, and what is the crate's own.

mod bounds;
mod client;
mod contract;
mod features;
mod host;
mod hostile;
mod odd;
#[cfg(feature = "openfeature")]
mod provider;
mod recorded;
mod server;
mod surface;
mod testing;
mod tree;
mod values;
