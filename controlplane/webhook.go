package controlplane

import (
	"context"
	"time"
)

// WebhookSender delivers. An error is a failed attempt, and the delivery is tried again later.
type WebhookSender interface {
	Send(ctx context.Context, d Delivery) error
}

// Webhook is a URL that is told of changes.
type Webhook struct {
	ID, Name, URL string
	Secret        string   // signs deliveries; only CreateWebhook and Delivery show it
	Envs          []string // empty: all
	Created       time.Time
	LastDelivery  time.Time // that succeeded
	LastFailure   time.Time
	LastError     string
	Delivered     map[string]int64 // environment: the last revision that was delivered or given up
}

// NewWebhook says what webhook to create.
type NewWebhook struct {
	Name, URL string
	Secret    string // "": one is made
	Envs      []string
}

// Delivery is one message to one webhook.
type Delivery struct {
	Webhook Webhook // with its secret
	ID      string  // the same in each attempt
	Attempt int     // from 1
	Entry   AuditEntry
	Test    bool // from TestWebhook; Entry is made up
}
