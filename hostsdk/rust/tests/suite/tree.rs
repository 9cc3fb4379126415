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

/// A program of the repository: that which an environment variable names, or one built now, once.
pub fn program(variable: &str, package: &str) -> PathBuf {
    use std::collections::HashMap;
    use std::sync::Mutex;
    static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(path) = built.get(package) {
        return path.clone();
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(package.rsplit('/').next().expect("a name"));
    let done =
        std::process::Command::new("go").current_dir(root()).args(["build", "-o"]).arg(&path).arg(package).status();
    assert!(done.expect("go").success(), "{package} can't be built");
    built.insert(package.into(), path.clone());
    path
}
