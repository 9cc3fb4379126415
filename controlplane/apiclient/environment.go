package apiclient

import (
	"context"
	"io"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Environments lists the environments.
func (c *Client) Environments(ctx context.Context) ([]api.Environment, error) {
	var list api.EnvironmentList
	err := c.get(ctx, path("envs"), nil, &list)
	return list.Environments, err
}

// Environment returns one environment.
func (c *Client) Environment(ctx context.Context, key string) (e api.Environment, err error) {
	return e, c.get(ctx, path("envs", key), nil, &e)
}

// CreateEnvironment creates an environment.
func (c *Client) CreateEnvironment(ctx context.Context, n api.NewEnvironment, w WriteOptions) (e api.Environment, err error) {
	return e, c.post(ctx, path("envs"), n, w, &e)
}

// UpdateEnvironment changes an environment's settings or description.
func (c *Client) UpdateEnvironment(ctx context.Context, key string, change api.EnvironmentChange, w WriteOptions) (e api.Environment, err error) {
	return e, c.change(ctx, http.MethodPatch, path("envs", key), change, w, &e)
}

// DeleteEnvironment deletes an environment with all its flags. confirm must repeat the key.
func (c *Client) DeleteEnvironment(ctx context.Context, key, confirm string, w WriteOptions) error {
	return c.drop(ctx, path("envs", key), values("confirm", confirm), w, nil)
}

// Copy copies flags from another environment.
func (c *Client) Copy(ctx context.Context, to string, what api.Copy, w WriteOptions) (d api.Difference, err error) {
	return d, c.post(ctx, path("envs", to, "copy"), what, w, &d)
}

// RollbackEnvironment restores an environment to a revision.
func (c *Client) RollbackEnvironment(ctx context.Context, env string, revision int64, w WriteOptions) (d api.Difference, err error) {
	return d, c.post(ctx, path("envs", env, "rollback"), rollbackForm{revision}, w, &d)
}

// Export returns an environment as of a moment, in YAML.
func (c *Client) Export(ctx context.Context, env string, at api.At) ([]byte, error) {
	answer, err := c.send(ctx, request{
		method: http.MethodGet, path: path("envs", env, "export"), accept: "application/yaml",
		query: values("revision", number(at.Revision), "time", moment(at.Time)),
	})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// Import stores a document of settings, flags and segments, YAML or JSON.
func (c *Client) Import(ctx context.Context, env string, document []byte, i api.Import, w WriteOptions) (d api.Difference, err error) {
	query := values("prune", truth(i.Prune), "tolerant", truth(i.Tolerant), "reason", w.Reason)
	return d, c.call(ctx, request{
		method: http.MethodPost, path: path("envs", env, "import"), query: query, write: w, body: document, kind: "application/yaml",
	}, &d)
}

// Backup writes everything in the control plane, for gonfalon restore.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	answer, err := c.send(ctx, request{method: http.MethodGet, path: path("backup"), accept: "application/octet-stream"})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(w, answer.Body)
	return err
}
