package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newWebhooks() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{Use: "webhooks", Short: "List, make, test and delete the URLs that are told of changes"}
	n.register(c)
	c.AddCommand(newWebhooksList(n), newWebhooksCreate(n), newWebhooksTest(n), newWebhooksDelete(n))
	return c
}

func newWebhooksList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List webhooks, and how their deliveries went",
		Args:  cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Webhooks(ctx)
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), list)
			}
			rows := [][]string{{"ID", "NAME", "URL", "ENVIRONMENTS", "DELIVERED", "FAILED", "ERROR"}}
			for _, h := range list {
				rows = append(rows, []string{h.ID, h.Name, h.URL, environments(h.Envs), when(h.LastDelivery), when(h.LastFailure), shortened(h.LastError)})
			}
			return table(c.OutOrStdout(), rows...)
		}),
	}
}

func newWebhooksCreate(n *connection) *cobra.Command {
	var h apiclient.NewWebhook
	c := &cobra.Command{
		Use:   "create NAME URL",
		Short: "Make a webhook; the secret that signs its deliveries is shown once",
		Args:  cobra.ExactArgs(2),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			h.Name, h.URL = args[0], args[1]
			made, err := client.CreateWebhook(ctx, h, apiclient.Write{})
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), made)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\nsecret %s (shown once)\n", made.ID, made.Secret)
			return err
		}),
	}
	c.Flags().StringArrayVar(&h.Envs, "for-env", nil, "only changes of this environment; may be repeated")
	c.Flags().StringVar(&h.Secret, "secret", "", "the secret (default: a new one)")
	return c
}

func newWebhooksTest(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:   "test ID",
		Short: "Deliver a made-up change at once",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if err := client.TestWebhook(ctx, args[0]); err != nil {
				return err
			}
			return told(c, false, "delivered")
		}),
	}
}

func newWebhooksDelete(n *connection) *cobra.Command {
	var w writing
	c := &cobra.Command{
		Use:   "delete ID",
		Short: "Delete a webhook",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if err := client.DeleteWebhook(ctx, args[0], w.options()); err != nil {
				return err
			}
			return told(c, w.dryRun, fmt.Sprintf("%s is deleted", args[0]))
		}),
	}
	w.register(c)
	return c
}

// environments are those that something is bound to.
func environments(envs []string) string {
	if len(envs) == 0 {
		return "all"
	}
	return strings.Join(envs, ", ")
}
