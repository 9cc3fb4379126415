// Package opt makes ir smaller and faster without changing what it does.
//
//   - promote turns frame slots whose address goes nowhere into values;
//   - simplify folds constants and rewrites operations locally;
//   - share walks the dominator tree, reuses values and loads that are there
//     already, and removes checks and branches that the conditions passed on the
//     way decide;
//   - inline copies small functions, and those called once, to their callers,
//     more of them where the program often runs;
//   - parameters finds out which pointers are never nil, and which functions only
//     read memory, over the whole program;
//   - expand turns short copies and fills into loads and stores;
//   - clean removes what nothing needs and joins blocks.
//
// Nothing here knows of Go's checks in particular: a bounds check is a condition
// like any other. What is proved about numbers is in facts.go.
package opt
