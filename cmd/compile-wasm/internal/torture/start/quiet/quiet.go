// Package quiet has nothing to do at the start, so its name doesn't hold up the
// packages that import it.
package quiet

// Numbers are constant.
var Numbers = [3]int32{1, 2, 3}
