//! The contract of hostsdk/README.md, and what is the crate's own.

mod tree;
mod values;
