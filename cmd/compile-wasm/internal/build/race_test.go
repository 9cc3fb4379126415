//go:build race

package build_test

// lines is how long the functions and programs of length_test.go are.
const lines = 300
