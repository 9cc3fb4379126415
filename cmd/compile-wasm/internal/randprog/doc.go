// Package randprog writes random programs in the subset, for comparing what the
// compiler makes of them with what Go makes of them (the idea of Csmith: Yang,
// Chen, Eide and Regehr, 2011).
//
// A program is a set of package variables, types and functions that call each
// other, and an export that runs them from a seed and digests all it sees. Each
// program ends: a counter that every loop and call takes from stops it. Go
// leaves some orders of evaluation open, so a call is always a statement of its
// own. Programs may trap; the digest of everything before is lost then, but that
// they trap is compared.
package randprog
