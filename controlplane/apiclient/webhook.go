package apiclient

import (
	"context"
	"time"
)

// Webhook is a URL that receives changes. Only the response that creates it has its secret.
type Webhook struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	URL          string           `json:"url"`
	Envs         []string         `json:"envs"` // empty for all
	Created      time.Time        `json:"created,omitzero"`
	LastDelivery time.Time        `json:"last_delivery,omitzero"`
	LastFailure  time.Time        `json:"last_failure,omitzero"`
	LastError    string           `json:"last_error,omitempty"`
	Delivered    map[string]int64 `json:"delivered,omitempty"` // for each environment, the last revision that was delivered or given up
	Secret       string           `json:"secret,omitempty"`
}

// WebhookList is every webhook.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"`
}

// NewWebhook is a webhook to create.
type NewWebhook struct {
	Name   string   `json:"name"`
	URL    string   `json:"url"`
	Secret string   `json:"secret,omitempty"` // if absent, the server makes one
	Envs   []string `json:"envs,omitempty"`
}

// Webhooks lists the webhooks.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var list WebhookList
	err := c.get(ctx, path("webhooks"), nil, &list)
	return list.Webhooks, err
}

// CreateWebhook creates a webhook.
func (c *Client) CreateWebhook(ctx context.Context, n NewWebhook, w Write) (h Webhook, err error) {
	return h, c.post(ctx, path("webhooks"), n, w, &h)
}

// DeleteWebhook deletes a webhook.
func (c *Client) DeleteWebhook(ctx context.Context, id string, w Write) error {
	return c.drop(ctx, path("webhooks", id), nil, w, nil)
}

// TestWebhook delivers a made-up change now.
func (c *Client) TestWebhook(ctx context.Context, id string) error {
	return c.post(ctx, path("webhooks", id, "test"), struct{}{}, Write{}, nil)
}
