package controlplane

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// WebhookSender sends deliveries. An error is a failed attempt, and the delivery is tried again later.
type WebhookSender interface {
	// Send makes one attempt at a delivery.
	Send(ctx context.Context, d Delivery) error
}

// Webhook is a URL that receives changes.
type Webhook struct {
	ID, Name, URL string
	Secret        string   // signs deliveries; only CreateWebhook and Delivery show it
	Envs          []string // empty for all
	Created       time.Time
	LastDelivery  time.Time // the last that succeeded
	LastFailure   time.Time
	LastError     string
	Delivered     map[string]int64 // for each environment, the last revision that was delivered or given up
}

// NewWebhook is a webhook to create.
type NewWebhook struct {
	Name, URL string
	Secret    string // "" to make one
	Envs      []string
}

// Delivery is one message to one webhook.
type Delivery struct {
	Webhook Webhook // with its secret
	ID      string  // the same in each attempt
	Attempt int     // from 1
	Entry   AuditEntry
	Test    bool // it comes from TestWebhook, and Entry is made up
}

// These are the limits of webhooks.
const (
	maxWebhooks = 100
	maxURL      = 2_048
)

// storedWebhook is a webhook in its stored form. The secret is stored unencrypted, since deliveries are signed with it.
type storedWebhook struct {
	Name    string   `msgpack:"name"`
	URL     string   `msgpack:"url"`
	Secret  string   `msgpack:"secret"`
	Envs    []string `msgpack:"envs,omitempty"`
	Created int64    `msgpack:"created"`
}

// storedDelivery is how far a webhook was delivered.
type storedDelivery struct {
	Delivered    map[string]int64 `msgpack:"delivered"`
	LastDelivery int64            `msgpack:"delivery,omitempty"`
	LastFailure  int64            `msgpack:"failure,omitempty"`
	LastError    string           `msgpack:"error,omitempty"`
}

func (w *storedWebhook) webhook(id string, d *storedDelivery) Webhook {
	return Webhook{ID: id, Name: w.Name, URL: w.URL, Secret: w.Secret, Envs: w.Envs, Created: fromMicros(w.Created),
		LastDelivery: fromMicros(d.LastDelivery), LastFailure: fromMicros(d.LastFailure), LastError: d.LastError, Delivered: d.Delivered}
}

func (w *storedWebhook) document() map[string]any {
	return map[string]any{"name": w.Name, "url": w.URL, "envs": append([]string{}, w.Envs...)}
}

// CreateWebhook creates a webhook, which receives every change from now on. The result has its secret, which is not shown again. A dry run
// makes neither a secret nor an id.
func (s *Service) CreateWebhook(ctx context.Context, n NewWebhook, o WriteOptions) (Webhook, error) {
	if n.Secret == "" {
		n.Secret = "whsec_" + rand.Text()
	}
	if err := checkWebhook(n); err != nil {
		return Webhook{}, err
	}
	id := randomName()
	var stored storedWebhook
	progress := storedDelivery{Delivered: map[string]int64{}}
	for env, st := range s.view.Load().states {
		progress.Delivered[env] = st.head.Revision
	}
	err := s.writeSystem(ctx, "webhook.create", id, o, func(h *head) ([]store.Guard, []store.Op, []Change, error) {
		page, err := s.store.Read(ctx, store.Range{From: webhookPrefix, To: store.PrefixEnd(webhookPrefix), KeysOnly: true})
		if err != nil {
			return nil, nil, nil, err
		}
		if len(page.Entries) >= maxWebhooks {
			return nil, nil, nil, fail(TooLarge, "there are %d webhooks already", maxWebhooks)
		}
		stored = storedWebhook{Name: n.Name, URL: n.URL, Secret: n.Secret, Envs: n.Envs, Created: h.Time}
		document, err := marshalPlain(stored.document())
		return nil, []store.Op{{Key: webhookPrefix + id, Value: marshalStored(stored)}, {Key: deliveryPrefix + id, Value: marshalStored(progress)}},
			[]Change{{Kind: KindWebhook, Key: id, Op: OpCreate, After: document}}, err
	})
	if err != nil {
		return Webhook{}, err
	}
	if o.DryRun {
		id, stored.Secret = "", ""
	}
	return stored.webhook(id, &progress), nil
}

func checkWebhook(n NewWebhook) error {
	u, err := url.Parse(n.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(n.URL) > maxURL {
		return problem("/url", "it is not an http or https URL of at most 2048 bytes", "")
	}
	if u.User != nil {
		return problem("/url", "it holds a password, which everybody who may read webhooks would see", "check the signature instead")
	}
	if len(n.Name) > maxTokenName {
		return problem("/name", "it is longer than 256 bytes", "")
	}
	for i, env := range n.Envs {
		if err := checkEnvironmentKey(env); err != nil {
			return problem(fmt.Sprintf("/envs/%d", i), fmt.Sprintf("%.80q can't be an environment's key", env), "")
		}
	}
	return checkSecret(n.Secret)
}

// Webhooks lists the webhooks without their secrets, oldest first.
func (s *Service) Webhooks(ctx context.Context) ([]Webhook, error) {
	list, err := s.readWebhooks(ctx)
	for i := range list {
		list[i].Secret = ""
	}
	return list, err
}

func (s *Service) readWebhooks(ctx context.Context) ([]Webhook, error) {
	progress := map[string]*storedDelivery{}
	if _, err := store.ReadAll(ctx, s.store, store.Under(deliveryPrefix), func(e store.Entry) error {
		var d storedDelivery
		progress[tail(e.Key)] = &d
		return unmarshalStored(e.Value, &d)
	}); err != nil {
		return nil, unavailable("the webhooks can't be read", err)
	}
	var list []Webhook
	if _, err := store.ReadAll(ctx, s.store, store.Under(webhookPrefix), func(e store.Entry) error {
		var w storedWebhook
		d := progress[tail(e.Key)]
		if d == nil {
			d = &storedDelivery{}
		}
		err := unmarshalStored(e.Value, &w)
		list = append(list, w.webhook(tail(e.Key), d))
		return err
	}); err != nil {
		return nil, unavailable("the webhooks can't be read", err)
	}
	slices.SortStableFunc(list, func(a, b Webhook) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// DeleteWebhook deletes a webhook. A delivery under way may still arrive.
func (s *Service) DeleteWebhook(ctx context.Context, id string, o WriteOptions) error {
	return s.writeSystem(ctx, "webhook.delete", id, o, func(*head) ([]store.Guard, []store.Op, []Change, error) {
		e, err := store.ReadOne(ctx, s.store, webhookPrefix+id)
		if err != nil {
			return nil, nil, nil, err
		}
		if strings.Contains(id, "/") || e.Revision == 0 {
			return nil, nil, nil, noWebhook(id)
		}
		var w storedWebhook
		if err := unmarshalStored(e.Value, &w); err != nil {
			return nil, nil, nil, err
		}
		document, err := marshalPlain(w.document())
		return nil, []store.Op{{Key: webhookPrefix + id, Delete: true}, {Key: deliveryPrefix + id, Delete: true}},
			[]Change{{Kind: KindWebhook, Key: id, Op: OpDelete, Before: document}}, err
	})
}

func noWebhook(id string) error { return fail(NotFound, "there is no webhook %.80q", id) }

// TestWebhook delivers a made-up change once, now. An error has the code NotFound, or Unavailable with what went wrong.
func (s *Service) TestWebhook(ctx context.Context, id string) error {
	if s.config.Webhooks == nil {
		return fail(Unavailable, "this replica delivers no webhooks")
	}
	list, err := s.readWebhooks(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(w Webhook) bool { return w.ID == id })
	if i < 0 {
		return noWebhook(id)
	}
	c := Change{Kind: KindFlag, Key: "example", Op: OpUpdate, Before: []byte(`{"gates":[]}`), After: []byte(`{"gates":[{"type":"boolean","enabled":true}]}`)}
	c.explain()
	d := Delivery{Webhook: list[i], ID: randomName(), Attempt: 1, Test: true, Entry: AuditEntry{
		Environment: DefaultEnvironment, Time: s.now().UTC(), By: "gonfalon", Reason: "a test of the webhook", Action: "webhook.test", Key: "example", Changes: []Change{c},
	}}
	if err := s.config.Webhooks.Send(ctx, d); err != nil {
		return &Error{Code: Unavailable, Message: "the delivery failed: " + clip(err.Error(), 500), Err: err}
	}
	return nil
}
