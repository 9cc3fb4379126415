package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newTokens() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "tokens",
		Short:   "Create, list and revoke API tokens; with --data-dir or --etcd-endpoints without a server",
		Example: `  gonfalon tokens create --name "shop, production" --role sdk --for-env production`,
	}
	n.register(c)
	c.AddCommand(newTokensCreate(n), newTokensList(n), newTokensRevoke(n))
	return c
}

// tokenKeeper is what keeps tokens: a server, or a store without one.
type tokenKeeper interface {
	create(context.Context, api.NewToken, changeOptions) (api.Token, error)
	list(context.Context) ([]api.Token, error)
	revoke(context.Context, string, changeOptions) error
}

// tokensNoun returns what a verb prints of tokens. The document is one's, or a list's.
func tokensNoun(document any, list ...api.Token) noun {
	n := noun{
		document: document, narrow: 7,
		header: []string{"ID", "NAME", "ROLE", "ACTS FOR OTHERS", "ENVIRONMENTS", "EXPIRES", "LAST USED", "CREATED", "BY"},
	}
	for _, t := range list {
		n.names = append(n.names, t.ID)
		others := "no"
		if t.ActsForOthers {
			others = "yes"
		}
		n.rows = append(n.rows, []string{
			t.ID, t.Name, string(t.Role), others, environments(t.Envs), when(t.Expires), when(t.LastUsed), when(t.Created), t.By,
		})
	}
	return n
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
		o                   output
		w                   changeOptions
		token               api.NewToken
		role, expires, name string
	)
	c := &cobra.Command{
		Use:   "create --name NAME --role ROLE",
		Short: "Create a token, which is shown once",
		Long: `Create creates a token with a role: admin (everything), editor (reads, and changes flags and segments), viewer
(reads), sdk (snapshots, streams and usage) or client (evaluated values only). With --data-dir it works while the
server is stopped, and the role is admin unless you name another.`,
		Example: `  gonfalon tokens create --name "shop, production" --role sdk --for-env production
  gonfalon tokens create --data-dir ./data`,
		Args: cobra.NoArgs,
		RunE: n.keeping(&s, func(ctx context.Context, c *cobra.Command, tokens tokenKeeper, _ []string) error {
			token.Name, token.Role = name, api.Role(role)
			if role == "" && !s.named(c) {
				return usagef("--role is missing: admin, editor, viewer, sdk or client")
			}
			if role == "" {
				token.Role = api.RoleAdmin
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
			made, err := tokens.create(ctx, token, w)
			if err != nil {
				return err
			}
			noun := tokensNoun(made, made)
			noun.text = func(to io.Writer) error {
				if w.dryRun {
					return w.sayDone(c, "a token %s with role %s", made.Name, permits(made))
				}
				return say(to, "%s\nid %s, %s (shown once)\n", made.Secret, made.ID, permits(made))
			}
			return o.print(c, noun)
		}),
	}
	s.register(c)
	o.register(c)
	w.register(c)
	f := c.Flags()
	f.StringVar(&name, "name", "", "what uses the token (default: its role)")
	f.StringVar(&role, "role", "", "admin, editor, viewer, sdk or client")
	f.StringArrayVar(&token.Envs, "for-env", nil, "an environment that the token is for; may be repeated (default: all)")
	f.BoolVar(&token.ActsForOthers, "acts-for-others", false, "it may say on whose behalf it makes a change (--on-behalf-of), which the audit shows beside its name")
	f.StringVar(&expires, "expires", "", "when it expires, such as 2027-01-01T00:00:00Z, or after how long, such as 90d (default: never)")
	return c
}

// permits says what a token may do, and where.
func permits(t api.Token) string {
	others := ""
	if t.ActsForOthers {
		others = ", acts for others"
	}
	return string(t.Role) + others + ", environments: " + environments(t.Envs)
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
	var (
		s storage
		o output
	)
	c := &cobra.Command{
		Use:     "list",
		Short:   "List tokens, and when they were last used; their secrets are not kept",
		Example: "  gonfalon tokens list -o wide",
		Args:    cobra.NoArgs,
		RunE: n.keeping(&s, func(ctx context.Context, c *cobra.Command, tokens tokenKeeper, _ []string) error {
			list, err := tokens.list(ctx)
			if err != nil {
				return err
			}
			return o.print(c, tokensNoun(api.TokenList{Tokens: list}, list...))
		}),
	}
	s.register(c)
	o.register(c)
	return c
}

// exampleID is one in the form of those of tokens and webhooks.
const exampleID = "9aa9a0fa4c0d760b"

func newTokensRevoke(n *connection) *cobra.Command {
	var (
		s storage
		w changeOptions
		a asked
	)
	c := &cobra.Command{
		Use:     "revoke ID…",
		Short:   "Revoke tokens at once",
		Example: "  gonfalon tokens revoke " + exampleID + ` --reason "was in a log"`,
		Args:    cobra.MinimumNArgs(1),
		RunE: n.keeping(&s, func(ctx context.Context, c *cobra.Command, tokens tokenKeeper, args []string) error {
			if err := a.deletion(c, w.dryRun, "Revoke "+strings.Join(args, ", ")); err != nil {
				return err
			}
			for _, id := range args {
				if err := tokens.revoke(ctx, id, w); err != nil {
					return fmt.Errorf("%q: %w", id, err)
				}
				if err := w.sayDone(c, "%s is revoked", id); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	s.register(c)
	w.register(c)
	a.register(c)
	return c
}

type remoteTokens struct{ *apiclient.Client }

func (r remoteTokens) create(ctx context.Context, t api.NewToken, w changeOptions) (api.Token, error) {
	return r.CreateToken(ctx, t, w.options())
}
func (r remoteTokens) list(ctx context.Context) ([]api.Token, error) { return r.Tokens(ctx) }
func (r remoteTokens) revoke(ctx context.Context, id string, w changeOptions) error {
	return r.RevokeToken(ctx, id, w.options())
}

type localTokens struct{ *controlplane.Service }

// offlineBy is the name in the audit of a change without a server.
const offlineBy = "gonfalon, on the store"

// offline are the options of such a change.
func (w *changeOptions) offline() controlplane.WriteOptions {
	return controlplane.WriteOptions{By: offlineBy, OnBehalfOf: string(w.onBehalfOf), Reason: w.reason, DryRun: w.dryRun}
}

func (l localTokens) create(ctx context.Context, t api.NewToken, w changeOptions) (api.Token, error) {
	return l.CreateToken(ctx, t, w.offline())
}

func (l localTokens) list(ctx context.Context) ([]api.Token, error) { return l.Tokens(ctx) }

func (l localTokens) revoke(ctx context.Context, id string, w changeOptions) error {
	return l.RevokeToken(ctx, id, w.offline())
}
