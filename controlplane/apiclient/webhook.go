package apiclient

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Webhooks lists the webhooks.
func (c *Client) Webhooks(ctx context.Context) ([]api.Webhook, error) {
	var list api.WebhookList
	err := c.get(ctx, path("webhooks"), nil, &list)
	return list.Webhooks, err
}

// CreateWebhook creates a webhook.
func (c *Client) CreateWebhook(ctx context.Context, n api.NewWebhook, w WriteOptions) (h api.Webhook, err error) {
	return h, c.post(ctx, path("webhooks"), n, w, &h)
}

// DeleteWebhook deletes a webhook.
func (c *Client) DeleteWebhook(ctx context.Context, id string, w WriteOptions) error {
	return c.drop(ctx, path("webhooks", id), nil, w, nil)
}

// TestWebhook delivers a made-up change now.
func (c *Client) TestWebhook(ctx context.Context, id string) error {
	return c.post(ctx, path("webhooks", id, "test"), struct{}{}, WriteOptions{}, nil)
}
