package stored

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Webhook is a webhook in its stored form. The secret is stored unencrypted, since deliveries are signed with it.
type Webhook struct {
	Name    string   `msgpack:"name"`
	URL     string   `msgpack:"url"`
	Secret  string   `msgpack:"secret"`
	Envs    []string `msgpack:"envs,omitempty"`
	Created int64    `msgpack:"created"`
}

// Delivery is how far a webhook was delivered.
type Delivery struct {
	Delivered    map[string]int64 `msgpack:"delivered"`
	LastDelivery int64            `msgpack:"delivery,omitempty"`
	LastFailure  int64            `msgpack:"failure,omitempty"`
	LastError    string           `msgpack:"error,omitempty"`
}

// Document returns the webhook with its secret and its progress.
func (w *Webhook) Document(id string, d *Delivery) api.Webhook {
	return api.Webhook{ID: id, Name: w.Name, URL: w.URL, Secret: w.Secret, Envs: append([]string{}, w.Envs...), Created: FromMicros(w.Created),
		LastDelivery: FromMicros(d.LastDelivery), LastFailure: FromMicros(d.LastFailure), LastError: d.LastError, Delivered: d.Delivered}
}

// Audit returns what the audit records of a webhook.
func (w *Webhook) Audit() map[string]any {
	return map[string]any{"name": w.Name, "url": w.host(), "envs": append([]string{}, w.Envs...)}
}

// host returns the URL without its path, which is a secret of some services.
func (w *Webhook) host() string {
	scheme, rest, _ := strings.Cut(w.URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return scheme + "://" + host
}
