package apiclient

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Evaluate decides a flag.
func (c *Client) Evaluate(ctx context.Context, env, key string, q api.Query) (e api.Evaluation, err error) {
	return e, c.post(ctx, path("envs", env, "flags", key, "evaluate"), q, WriteOptions{}, &e)
}

// Explain decides a flag and says why.
func (c *Client) Explain(ctx context.Context, env, key string, q api.Query) (e api.Explanation, err error) {
	return e, c.post(ctx, path("envs", env, "flags", key, "explain"), q, WriteOptions{}, &e)
}

// Preview compares decisions before and after a change, and doesn't make the change.
func (c *Client) Preview(ctx context.Context, env string, p api.Proposal) (result api.Preview, err error) {
	return result, c.post(ctx, path("envs", env, "preview"), p, WriteOptions{}, &result)
}
