package apiclient

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Environment is a separate set of flags.
type Environment struct {
	Key         string           `json:"key"`
	Description string           `json:"description"`
	Settings    flagset.Settings `json:"settings"`
	Version     string           `json:"version"`
	Lineage     string           `json:"lineage"` // 32 hex digits
	Revision    int64            `json:"revision"`
	Flags       int              `json:"flags"`
	Segments    int              `json:"segments"`
	Created     time.Time        `json:"created,omitzero"`
	Updated     time.Time        `json:"updated,omitzero"`
}

// EnvironmentList lists the environments that the token may see.
type EnvironmentList struct {
	Environments []Environment `json:"environments"`
}

// NewEnvironment is an environment to create.
type NewEnvironment struct {
	Key         string            `json:"key"`
	Description string            `json:"description,omitempty"`
	Settings    *flagset.Settings `json:"settings,omitempty"`
	From        string            `json:"from,omitempty"` // an environment to copy
}

// EnvironmentChange says what to change. A nil member stays as it is.
type EnvironmentChange struct {
	Description *string           `json:"description,omitempty"`
	Settings    *flagset.Settings `json:"settings,omitempty"`
}

// Copy says what to copy from another environment.
type Copy struct {
	From  string   `json:"from"`
	Flags []string `json:"flags,omitempty"` // copied with the segments and parents that they need; absent for everything, including settings
	Prune bool     `json:"prune,omitempty"` // delete what the source doesn't have
}

// Difference says what a change of many things did, or would do.
type Difference struct {
	Revision int64                 `json:"revision"` // the environment's revision afterwards
	Written  bool                  `json:"written"`  // false for a dry run, or if nothing differed
	Changes  []controlplane.Change `json:"changes"`
	Warnings []Problem             `json:"warnings,omitempty"`
}

// Import says how to import.
type Import struct {
	Prune  bool // delete what the set doesn't have
	Strict bool // refuse problems instead of storing them as warnings that fail closed
}

// Environments lists the environments.
func (c *Client) Environments(ctx context.Context) ([]Environment, error) {
	var list EnvironmentList
	err := c.get(ctx, path("envs"), nil, &list)
	return list.Environments, err
}

// Environment returns one environment.
func (c *Client) Environment(ctx context.Context, key string) (e Environment, err error) {
	return e, c.get(ctx, path("envs", key), nil, &e)
}

// CreateEnvironment creates an environment.
func (c *Client) CreateEnvironment(ctx context.Context, n NewEnvironment, w Write) (e Environment, err error) {
	return e, c.post(ctx, path("envs"), n, w, &e)
}

// UpdateEnvironment changes an environment's settings or description.
func (c *Client) UpdateEnvironment(ctx context.Context, key string, change EnvironmentChange, w Write) (e Environment, err error) {
	return e, c.change(ctx, http.MethodPatch, path("envs", key), change, w, &e)
}

// DeleteEnvironment deletes an environment with all its flags. confirm must repeat the key.
func (c *Client) DeleteEnvironment(ctx context.Context, key, confirm string, w Write) error {
	return c.drop(ctx, path("envs", key), values("confirm", confirm), w, nil)
}

// Copy copies flags from another environment.
func (c *Client) Copy(ctx context.Context, to string, what Copy, w Write) (d Difference, err error) {
	return d, c.post(ctx, path("envs", to, "copy"), what, w, &d)
}

// RollbackEnvironment restores an environment to a revision.
func (c *Client) RollbackEnvironment(ctx context.Context, env string, revision int64, w Write) (d Difference, err error) {
	return d, c.post(ctx, path("envs", env, "rollback"), rollbackForm{revision}, w, &d)
}

// Export returns an environment as of a moment, in YAML.
func (c *Client) Export(ctx context.Context, env string, at controlplane.At) ([]byte, error) {
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
func (c *Client) Import(ctx context.Context, env string, document []byte, i Import, w Write) (d Difference, err error) {
	query := values("prune", truth(i.Prune), "strict", truth(i.Strict), "reason", w.Reason)
	return d, c.call(ctx, request{
		method: http.MethodPost, path: path("envs", env, "import"), query: query, write: w, body: document, kind: "application/yaml",
	}, &d)
}

// Backup writes everything in the control plane, for gonfalon restore.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	answer, err := c.send(ctx, request{method: http.MethodGet, path: path("backup"), query: url.Values{}})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(w, answer.Body)
	return err
}
