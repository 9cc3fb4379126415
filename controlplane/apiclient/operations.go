package apiclient

import (
	"context"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Status says how the control plane is.
func (c *Client) Status(ctx context.Context) (s api.Status, err error) {
	return s, c.get(ctx, path("status"), nil, &s)
}

// Reload lets the server that answers read its settings again. A dry run changes nothing.
func (c *Client) Reload(ctx context.Context, dryRun bool) (r api.Reload, err error) {
	return r, c.call(ctx, request{method: http.MethodPost, path: path("reload"), write: WriteOptions{DryRun: dryRun}}, &r)
}
