//! The repository around the crate, whose test data and programs every SDK shares.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A JSON document of the repository.
pub fn json(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("JSON")
}

pub fn base64(text: &Value) -> Vec<u8> {
    base64::prelude::BASE64_STANDARD.decode(text.as_str().expect("base64")).expect("base64")
}
