package controlplane

import (
	"errors"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// CodeOf returns the code of an error of a Service: "" for nil, Unavailable if the context ended or the store was
// closed, and Internal for errors from elsewhere.
func CodeOf(err error) api.Code {
	if code := api.CodeOf(err); code != api.Internal || !errors.Is(err, store.ErrClosed) {
		return code
	}
	return api.Unavailable
}
