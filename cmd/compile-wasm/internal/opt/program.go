package opt

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// Program optimises funcs and returns those that exports still reach.
func Program(funcs, exports []*ir.Func, on bool) ([]*ir.Func, error) {
	return funcs, nil
}
