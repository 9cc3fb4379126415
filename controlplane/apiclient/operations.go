package apiclient

import (
	"context"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Reload lets the server that answers read its settings again. A dry run changes nothing.
func (c *Client) Reload(ctx context.Context, dryRun bool) (r api.Reload, err error) {
	return r, c.call(ctx, request{method: http.MethodPost, path: path("reload"), write: WriteOptions{DryRun: dryRun}}, &r)
}
