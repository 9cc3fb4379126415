#!/bin/sh
# Packages the crate, and uses the package in an empty project, which decides by a bootstrap: package.sh
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$PWD/target}
gonfalon=${GONFALON_BIN:-$target/gonfalon}
[ -n "${GONFALON_BIN:-}" ] || (cd ../.. && go build -o "$gonfalon" ./cmd/gonfalon)
cargo package --quiet --locked --allow-dirty --no-verify
crate=$(ls "$target"/package/gonfalon-*.crate)
for file in csrc/gonfalon.h csrc/src/gonfalon.c csrc/src/wasm2c/engine.c csrc/src/wasm2c/LICENSE engine.wasm README.md LICENSE; do
	tar -tzf "$crate" | grep -q "^gonfalon-[^/]*/$file$" || { echo "the package has no $file" >&2 && exit 1; }
done

project=$target/project
mkdir -p "$project/src"
rm -rf "$project"/gonfalon-*
tar -xzf "$crate" -C "$project"
cat >"$project/Cargo.toml" <<-END
	[package]
	name = "project"
	version = "0.0.0"
	edition = "2024"
	[dependencies]
	gonfalon = { path = "$(basename "$crate" .crate)" }
	[profile.dev]
	debug = false
	[workspace]
END
cat >"$project/src/main.rs" <<-'END'
	use gonfalon::{Client, Config, Context};

	fn main() -> Result<(), Box<dyn std::error::Error>> {
	    let flags = Client::start(Config::offline().bootstrap(std::fs::read(std::env::args().nth(1).ok_or("a snapshot")?)?))?;
	    let who = Context::new("user:3").group("staff");
	    assert!(flags.enabled("new_checkout", &who));
	    println!("{}", flags.explain("new_checkout", &who));
	    Ok(())
	}
END
cp Cargo.lock "$project/Cargo.lock"
"$gonfalon" compile ../../wasm/testdata/example.yaml -o "$project/example.snapshot" >/dev/null
cargo run --quiet --manifest-path "$project/Cargo.toml" --target-dir "$project/target" -- "$project/example.snapshot"
