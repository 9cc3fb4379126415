package main

import "io/fs"

// readableByOthers reports false: a user's own folder is closed to others, and modes say nothing.
func readableByOthers(fs.FileInfo) bool { return false }
