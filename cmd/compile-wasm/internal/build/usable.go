package build

import (
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
	"github.com/tetratelabs/wazero"
)

// usable reports why a module is of no use: a machine would refuse it, or is
// known to read it wrongly.
func usable(ctx context.Context, bin []byte) error {
	if _, err := wasm.Inspect(bin); err != nil {
		return err
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	if _, err := r.CompileModule(ctx, bin); err != nil {
		return fmt.Errorf("the module is not valid: %w", err)
	}
	return nil
}
