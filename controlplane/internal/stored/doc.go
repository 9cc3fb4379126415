// Package stored says how things lie in a store: their keys, their encoding, and how what is too large for a key is cut
// into pieces.
package stored
