package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newWebhooks() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "webhooks",
		Short:   "List, create, test and delete the URLs that are told of changes",
		Example: "  gonfalon webhooks create chat https://chat.example/hook --for-env production",
	}
	n.register(c)
	c.AddCommand(newWebhooksList(n), newWebhooksCreate(n), newWebhooksTest(n), newWebhooksDelete(n))
	return c
}

// webhooksNoun returns what a verb prints of webhooks. The document is one's, or a list's.
func webhooksNoun(document any, list ...api.Webhook) noun {
	n := noun{
		document: document, narrow: 7,
		header: []string{"ID", "NAME", "URL", "ENVIRONMENTS", "DELIVERED", "FAILED", "ERROR", "CREATED"},
	}
	for _, h := range list {
		n.names = append(n.names, h.ID)
		n.rows = append(n.rows, []string{
			h.ID, h.Name, h.URL, environments(h.Envs), when(h.LastDelivery), when(h.LastFailure),
			shortened(h.LastError), when(h.Created),
		})
	}
	return n
}

func newWebhooksList(n *connection) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the webhooks, and when their deliveries last succeeded and failed",
		Example: "  gonfalon webhooks list",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Webhooks(ctx)
			if err != nil {
				return err
			}
			return o.print(c, webhooksNoun(api.WebhookList{Webhooks: list}, list...))
		}),
	}
	o.register(c)
	return c
}

func newWebhooksCreate(n *connection) *cobra.Command {
	var (
		o output
		w changeOptions
		h api.NewWebhook
	)
	c := &cobra.Command{
		Use:     "create NAME URL",
		Short:   "Create a webhook; the secret that signs its deliveries is shown once",
		Example: `  gonfalon webhooks create chat https://chat.example/hook --for-env production`,
		Args:    cobra.ExactArgs(2),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			h.Name, h.URL = args[0], args[1]
			made, err := client.CreateWebhook(ctx, h, w.options())
			if err != nil {
				return err
			}
			noun := webhooksNoun(made, made)
			noun.text = func(to io.Writer) error {
				if w.dryRun {
					return w.sayDone(c, "a webhook %s to %s, environments: %s", made.Name, made.URL, environments(made.Envs))
				}
				return say(to, "%s\nsecret %s (shown once)\n", made.ID, made.Secret)
			}
			return o.print(c, noun)
		}),
	}
	o.register(c)
	w.register(c)
	c.Flags().StringArrayVar(&h.Envs, "for-env", nil, "only changes in this environment; may be repeated (default: all)")
	c.Flags().StringVar(&h.Secret, "secret", "", "the secret (default: a new one)")
	return c
}

func newWebhooksTest(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:     "test ID",
		Short:   "Deliver a made-up change at once",
		Example: "  gonfalon webhooks test " + exampleID,
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if err := client.TestWebhook(ctx, args[0]); err != nil {
				return err
			}
			return say(c.OutOrStdout(), "%s took the delivery\n", args[0])
		}),
	}
}

func newWebhooksDelete(n *connection) *cobra.Command {
	var (
		w changeOptions
		a asked
	)
	c := &cobra.Command{
		Use:     "delete ID…",
		Short:   "Delete webhooks",
		Example: "  gonfalon webhooks delete " + exampleID,
		Args:    cobra.MinimumNArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if err := a.deletion(c, w.dryRun, "Delete "+strings.Join(args, ", ")); err != nil {
				return err
			}
			for _, id := range args {
				if err := client.DeleteWebhook(ctx, id, w.options()); err != nil {
					return err
				}
				if err := w.sayDone(c, "%s is deleted", id); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	w.register(c)
	a.register(c)
	return c
}
