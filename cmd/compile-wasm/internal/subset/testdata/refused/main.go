// Package main is a guest with one export per construct outside the subset.
package main

func main() {}
