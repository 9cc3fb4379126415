package apiclient

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// FlagQuery filters and orders a list.
type FlagQuery struct {
	Search, Tag, Prefix, Owner string
	State                      api.State
	Stale                      string // only flags that were not evaluated for this long, such as "30d"
	Sort                       string // key, updated, last_evaluated or state; prefix with - for descending order
	Cursor                     string
	Limit                      int
}

func (q FlagQuery) values() url.Values {
	return values("search", q.Search, "tag", q.Tag, "prefix", q.Prefix, "owner", q.Owner, "state", string(q.State),
		"stale", q.Stale, "sort", q.Sort, "cursor", q.Cursor, "limit", number(int64(q.Limit)))
}

// Flags returns one page of flags.
func (c *Client) Flags(ctx context.Context, env string, q FlagQuery) (page api.FlagPage, err error) {
	return page, c.get(ctx, path("envs", env, "flags"), q.values(), &page)
}

// Index returns what a list shows of every flag.
func (c *Client) Index(ctx context.Context, env string) (index api.Index, err error) {
	return index, c.get(ctx, path("envs", env, "index"), nil, &index)
}

// Flag returns one flag.
func (c *Client) Flag(ctx context.Context, env, key string) (f api.Flag, err error) {
	return f, c.get(ctx, path("envs", env, "flags", key), nil, &f)
}

// PutFlag creates or replaces the flag with the key f.Key.
func (c *Client) PutFlag(ctx context.Context, env string, f flagset.Flag, w WriteOptions) (result api.Flag, err error) {
	return result, c.change(ctx, http.MethodPut, path("envs", env, "flags", f.Key), f, w, &result)
}

// DeleteFlag deletes a flag.
func (c *Client) DeleteFlag(ctx context.Context, env, key string, w WriteOptions) error {
	return c.drop(ctx, path("envs", env, "flags", key), nil, w, nil)
}

func (c *Client) verb(ctx context.Context, env, key, verb string, body any, w WriteOptions) (f api.Flag, err error) {
	return f, c.post(ctx, path("envs", env, "flags", key, verb), body, w, &f)
}

// Enable turns a flag on for a scope.
func (c *Client) Enable(ctx context.Context, env, key string, s flagset.Scope, w WriteOptions) (api.Flag, error) {
	return c.verb(ctx, env, key, "enable", s, w)
}

// Disable turns a flag off for a scope.
func (c *Client) Disable(ctx context.Context, env, key string, s flagset.Scope, w WriteOptions) (api.Flag, error) {
	return c.verb(ctx, env, key, "disable", s, w)
}

// Clear removes gates of a flag.
func (c *Client) Clear(ctx context.Context, env, key string, what flagset.Removal, w WriteOptions) (api.Flag, error) {
	return c.verb(ctx, env, key, "clear", what, w)
}

// PutVariants replaces a flag's variants.
func (c *Client) PutVariants(ctx context.Context, env, key string, variants []flagset.Variant, w WriteOptions) (api.Flag, error) {
	if variants == nil {
		variants = []flagset.Variant{}
	}
	return c.verb(ctx, env, key, "variants", variantsForm{variants}, w)
}

// Kill turns a flag off, whatever its gates say. off is the variant to serve while the flag is killed; if it is nil,
// the flag's own stays.
func (c *Client) Kill(ctx context.Context, env, key string, off *string, w WriteOptions) (api.Flag, error) {
	return c.verb(ctx, env, key, "kill", killForm{off}, w)
}

// Revive undoes a Kill.
func (c *Client) Revive(ctx context.Context, env, key string, w WriteOptions) (api.Flag, error) {
	return c.verb(ctx, env, key, "revive", struct{}{}, w)
}

// Rollback restores a flag to a revision.
func (c *Client) Rollback(ctx context.Context, env, key string, revision int64, w WriteOptions) (api.Flag, error) {
	return c.verb(ctx, env, key, "rollback", rollbackForm{revision}, w)
}

type variantsForm struct {
	Variants []flagset.Variant `json:"variants"`
}

type killForm struct {
	OffVariant *string `json:"off_variant,omitempty"`
}

type rollbackForm struct {
	Revision int64 `json:"revision"`
}

// values returns the pairs whose value isn't empty.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// number returns n in digits, or "" for zero.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// moment returns t in the API's form, or "" for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return ""
}
