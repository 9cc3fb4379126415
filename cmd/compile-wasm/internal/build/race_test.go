//go:build race

package build_test

// lines is how long the functions of TestLongFunctions are.
const lines = 300
