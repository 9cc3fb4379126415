package flagset

import (
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a document. An editor checks a YAML file against it if the file
// begins with
//
//	# yaml-language-server: $schema=<path or URL of schema.json>
func Schema() []byte { return append([]byte(nil), schema...) }
