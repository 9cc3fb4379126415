// Package check walks a store as of one revision, and names each invariant that doesn't hold.
package check
