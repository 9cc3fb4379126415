// Package wasm holds the engine as one WebAssembly module without imports, compiled from guest/ by cmd/compile-wasm. ABI.md is its
// contract.
package wasm

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
)

//go:embed engine.wasm
var module []byte

// Module is the module's bytes. Nobody writes to them.
func Module() []byte { return module }

// SHA256 is the module's hash, in hexadecimal.
func SHA256() string {
	sum := sha256.Sum256(module)
	return hex.EncodeToString(sum[:])
}
