package apiclient

import (
	"context"
	"time"
)

// Webhook is a URL that is told of changes. Its secret is only in the answer that creates it.
type Webhook struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	URL          string           `json:"url"`
	Envs         []string         `json:"envs"` // empty: all
	Created      time.Time        `json:"created,omitzero"`
	LastDelivery time.Time        `json:"last_delivery,omitzero"`
	LastFailure  time.Time        `json:"last_failure,omitzero"`
	LastError    string           `json:"last_error,omitempty"`
	Delivered    map[string]int64 `json:"delivered,omitempty"` // by environment: the last revision that is done with
	Secret       string           `json:"secret,omitempty"`
}

// WebhookList is every webhook.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"`
}

// NewWebhook says what to create.
type NewWebhook struct {
	Name   string   `json:"name"`
	URL    string   `json:"url"`
	Secret string   `json:"secret,omitempty"` // absent: one is made
	Envs   []string `json:"envs,omitempty"`
}

// Webhooks lists them.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var list WebhookList
	err := c.get(ctx, path("webhooks"), nil, &list)
	return list.Webhooks, err
}

// CreateWebhook creates one.
func (c *Client) CreateWebhook(ctx context.Context, n NewWebhook, w Write) (h Webhook, err error) {
	return h, c.post(ctx, path("webhooks"), n, w, &h)
}

// DeleteWebhook deletes one.
func (c *Client) DeleteWebhook(ctx context.Context, id string, w Write) error {
	return c.drop(ctx, path("webhooks", id), nil, w, nil)
}

// TestWebhook delivers a made-up change at once.
func (c *Client) TestWebhook(ctx context.Context, id string) error {
	return c.post(ctx, path("webhooks", id, "test"), struct{}{}, Write{}, nil)
}
