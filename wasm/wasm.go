// Package wasm holds the engine as one WebAssembly module without imports. cmd/compile-wasm compiles it from guest/.
// ABI.md is its contract.
package wasm

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
)

//go:embed engine.wasm
var module []byte

// Module returns the module's bytes, which must not be changed.
func Module() []byte { return module }

// SHA256 returns the module's SHA-256 in hexadecimal.
func SHA256() string {
	sum := sha256.Sum256(module)
	return hex.EncodeToString(sum[:])
}
