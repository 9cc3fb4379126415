//go:build unix

package main

import "io/fs"

// readableByOthers reports whether others than the owner may read a file.
func readableByOthers(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
