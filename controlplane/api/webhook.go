package api

import "time"

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

// Delivery is one message to one webhook.
type Delivery struct {
	Webhook Webhook // with its secret
	ID      string  // the same in each attempt
	Attempt int     // from 1
	Entry   AuditEntry
	Test    bool // it comes from TestWebhook, and Entry is made up
}
