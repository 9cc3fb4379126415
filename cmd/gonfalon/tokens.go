package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newTokens() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:   "tokens",
		Short: "Make, list and revoke API tokens; with --data-dir or --etcd-endpoints without a server",
	}
	n.register(c)
	c.AddCommand(newTokensCreate(n), newTokensList(n), newTokensRevoke(n))
	return c
}

// tokenKeeper is what keeps tokens: a server, or a store without one.
type tokenKeeper interface {
	create(context.Context, apiclient.NewToken) (apiclient.Token, error)
	list(context.Context) ([]apiclient.Token, error)
	revoke(context.Context, string) error
}

// keeping makes a command of what is to be done with tokens.
func (n *connection) keeping(s *storage, do func(context.Context, *cobra.Command, tokenKeeper, []string) error) func(*cobra.Command, []string) error {
	online := n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		return do(ctx, c, remoteTokens{client}, args)
	})
	return func(c *cobra.Command, args []string) error {
		if !s.named(c) {
			return online(c, args)
		}
		return s.offline(c, func(ctx context.Context, service *controlplane.Service) error {
			return do(ctx, c, localTokens{service}, args)
		})
	}
}

func newTokensCreate(n *connection) *cobra.Command {
	var (
		s                   storage
		token               apiclient.NewToken
		role, expires, name string
	)
	c := &cobra.Command{
		Use:   "create --name NAME --role ROLE",
		Short: "Make a token; it is shown once",
		Long: `Create makes a token of a role: admin (everything), editor (reads, changes flags and segments), viewer (reads),
sdk (snapshots, streams, usage) or client (evaluated values only). With --data-dir it works while the server is
stopped, and the role is admin unless it is said.`,
		Example: `  gonfalon tokens create --name "shop, production" --role sdk --for-env production
  gonfalon tokens create --data-dir ./data`,
		Args: cobra.NoArgs,
		RunE: n.keeping(&s, func(ctx context.Context, c *cobra.Command, tokens tokenKeeper, _ []string) error {
			token.Name, token.Role = name, controlplane.Role(role)
			if role == "" && !s.named(c) {
				return usagef("--role is missing: admin, editor, viewer, sdk or client")
			}
			if role == "" {
				token.Role = controlplane.RoleAdmin
			}
			if name == "" {
				token.Name = string(token.Role)
			}
			if expires != "" {
				at, err := expiry(expires)
				if err != nil {
					return err
				}
				token.Expires = at
			}
			made, err := tokens.create(ctx, token)
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), made)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\nid %s, %s, environments: %s (shown once)\n", made.Secret, made.ID, made.Role, environments(made.Envs))
			return err
		}),
	}
	s.register(c)
	f := c.Flags()
	f.StringVar(&name, "name", "", "what uses it (default: its role)")
	f.StringVar(&role, "role", "", "admin, editor, viewer, sdk or client")
	f.StringArrayVar(&token.Envs, "for-env", nil, "only for this environment; may be repeated (default: all)")
	f.StringVar(&expires, "expires", "", "until when it works, such as 2027-01-01T00:00:00Z, or for how long, such as 90d (default: forever)")
	return c
}

// expiry reads a time, or how far off it is.
func expiry(text string) (time.Time, error) {
	if ahead, err := age(text); err == nil {
		return time.Now().Add(ahead), nil
	}
	at, err := moment(text)
	if err != nil {
		return at, usagef("--expires: %w", err)
	}
	return at, nil
}

func newTokensList(n *connection) *cobra.Command {
	var s storage
	c := &cobra.Command{
		Use:   "list",
		Short: "List tokens, and when they were last used; the tokens themselves are kept nowhere",
		Args:  cobra.NoArgs,
		RunE: n.keeping(&s, func(ctx context.Context, c *cobra.Command, tokens tokenKeeper, _ []string) error {
			list, err := tokens.list(ctx)
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), list)
			}
			rows := [][]string{{"ID", "NAME", "ROLE", "ENVIRONMENTS", "CREATED", "BY", "EXPIRES", "LAST USED"}}
			for _, t := range list {
				rows = append(rows, []string{t.ID, t.Name, string(t.Role), environments(t.Envs), when(t.Created), t.By, when(t.Expires), when(t.LastUsed)})
			}
			return table(c.OutOrStdout(), rows...)
		}),
	}
	s.register(c)
	return c
}

func newTokensRevoke(n *connection) *cobra.Command {
	var s storage
	c := &cobra.Command{
		Use:   "revoke ID…",
		Short: "End tokens at once",
		Args:  cobra.MinimumNArgs(1),
		RunE: n.keeping(&s, func(ctx context.Context, c *cobra.Command, tokens tokenKeeper, args []string) error {
			for _, id := range args {
				if err := tokens.revoke(ctx, id); err != nil {
					return fmt.Errorf("%s: %w", strconv.Quote(id), err)
				}
				if err := told(c, false, id+" is revoked"); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	s.register(c)
	return c
}

type remoteTokens struct{ *apiclient.Client }

func (r remoteTokens) create(ctx context.Context, t apiclient.NewToken) (apiclient.Token, error) {
	return r.CreateToken(ctx, t, apiclient.Write{})
}
func (r remoteTokens) list(ctx context.Context) ([]apiclient.Token, error) { return r.Tokens(ctx) }
func (r remoteTokens) revoke(ctx context.Context, id string) error {
	return r.RevokeToken(ctx, id, apiclient.Write{})
}

type localTokens struct{ *controlplane.Service }

// offlineBy is who changes something without a server, for the audit.
var offlineBy = controlplane.WriteOptions{By: "gonfalon, on the store"}

func (l localTokens) create(ctx context.Context, t apiclient.NewToken) (apiclient.Token, error) {
	made, secret, err := l.CreateToken(ctx, controlplane.NewToken{Name: t.Name, Role: t.Role, Envs: t.Envs, Expires: t.Expires}, offlineBy)
	shown := tokenDocument(made)
	shown.Secret = secret
	return shown, err
}

func (l localTokens) list(ctx context.Context) ([]apiclient.Token, error) {
	tokens, err := l.Tokens(ctx)
	list := make([]apiclient.Token, len(tokens))
	for i, t := range tokens {
		list[i] = tokenDocument(t)
	}
	return list, err
}

func (l localTokens) revoke(ctx context.Context, id string) error {
	return l.RevokeToken(ctx, id, offlineBy)
}

func tokenDocument(t controlplane.Token) apiclient.Token {
	return apiclient.Token{ID: t.ID, Name: t.Name, Role: t.Role, Envs: t.Envs, Created: t.Created, Expires: t.Expires, LastUsed: t.LastUsed, By: t.By}
}
