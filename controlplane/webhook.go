package controlplane

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/webhooks"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// WebhookSender sends deliveries. An error is a failed attempt, and the delivery is tried again later.
type WebhookSender interface {
	// Send makes one attempt at a delivery.
	Send(ctx context.Context, d api.Delivery) error
}

// These are the limits of webhooks.
const (
	maxWebhooks = 100
	maxURL      = 2_048
)

// CreateWebhook creates a webhook, which receives every change from now on. The result has its secret, which is not
// shown again. A dry run makes neither a secret nor an id.
func (s *Service) CreateWebhook(ctx context.Context, n api.NewWebhook, o WriteOptions) (api.Webhook, error) {
	if n.Secret == "" {
		n.Secret = "whsec_" + rand.Text()
	}
	id := model.RandomName()
	var saved stored.Webhook
	progress := stored.Delivery{Delivered: map[string]int64{}}
	for env, p := range s.replica.View().Snapshots {
		progress.Delivered[env] = p.State().Head.Revision
	}
	c := change{action: "webhook.create", options: o, prepare: func(context.Context) error { return checkWebhook(n) }}
	err := s.changeSystem(ctx, c, func(d *replica.Draft) error {
		page, err := s.store.Read(ctx, store.Range{From: stored.WebhookPrefix, To: store.PrefixEnd(stored.WebhookPrefix), KeysOnly: true})
		if err != nil {
			return model.Unavailable("the store doesn't answer", err)
		}
		if len(page.Entries) >= maxWebhooks {
			return model.Errorf(api.TooLarge, "there are already %d webhooks, the most that are allowed", maxWebhooks)
		}
		saved = stored.Webhook{Name: n.Name, URL: n.URL, Secret: n.Secret, Envs: n.Envs, Created: d.Head.Time}
		d.Write(
			store.Op{Key: stored.WebhookPrefix + id, Value: stored.Marshal(saved)},
			store.Op{Key: stored.DeliveryPrefix + id, Value: stored.Marshal(progress)},
		)
		return d.Note(api.Change{Kind: api.KindWebhook, Key: id, Op: api.OpCreate}, nil, saved.Audit())
	})
	if err != nil {
		return api.Webhook{}, err
	}
	if o.DryRun {
		id, saved.Secret = "", ""
	}
	return saved.Document(id, &progress), nil
}

func checkWebhook(n api.NewWebhook) error {
	u, err := url.Parse(n.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(n.URL) > maxURL {
		return model.InvalidAt("/url", "it is not an http or https URL of at most 2048 bytes", "")
	}
	if u.User != nil {
		return model.InvalidAt("/url", "it contains a password, which everyone who can read webhooks would see", "check the signature instead")
	}
	if n.Name == "" || len(n.Name) > maxTokenName {
		return model.InvalidAt("/name", "a webhook needs a name of at most 256 bytes", "say what receives it")
	}
	if err := checkReadable("/name", n.Name); err != nil {
		return err
	}
	for i, env := range n.Envs {
		if err := checkEnvironmentKey(env); err != nil {
			return model.InvalidAt(fmt.Sprintf("/envs/%d", i), fmt.Sprintf("%.80q is not a valid environment key", env), "")
		}
	}
	return CheckSecret(n.Secret)
}

// Webhooks lists the webhooks without their secrets, oldest first.
func (s *Service) Webhooks(ctx context.Context) ([]api.Webhook, error) {
	list, err := webhooks.Read(ctx, s.store)
	for i := range list {
		list[i].Secret = ""
	}
	return list, err
}

// DeleteWebhook deletes a webhook. A delivery under way may still arrive.
func (s *Service) DeleteWebhook(ctx context.Context, id string, o WriteOptions) error {
	return s.changeSystem(ctx, change{action: "webhook.delete", key: id, options: o, urgent: true}, func(d *replica.Draft) error {
		e, err := store.ReadOne(ctx, s.store, stored.WebhookPrefix+id)
		if err != nil {
			return model.Unavailable("the store doesn't answer", err)
		}
		if strings.Contains(id, "/") || e.Revision == 0 {
			return noWebhook(id)
		}
		var w stored.Webhook
		if err := stored.Unmarshal(e.Value, &w); err != nil {
			return err
		}
		d.Write(store.Op{Key: stored.WebhookPrefix + id, Delete: true}, store.Op{Key: stored.DeliveryPrefix + id, Delete: true})
		return d.Note(api.Change{Kind: api.KindWebhook, Key: id, Op: api.OpDelete}, w.Audit(), nil)
	})
}

func noWebhook(id string) error { return model.Errorf(api.NotFound, "there is no webhook %.80q", id) }

// TestWebhook delivers a made-up change once, now. An error has the code NotFound, or Unavailable with what went wrong.
func (s *Service) TestWebhook(ctx context.Context, id string) error {
	if s.config.Webhooks == nil {
		return model.Errorf(api.Unavailable, "this replica doesn't deliver webhooks")
	}
	list, err := webhooks.Read(ctx, s.store)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(w api.Webhook) bool { return w.ID == id })
	if i < 0 {
		return noWebhook(id)
	}
	c := api.Change{
		Kind: api.KindFlag, Key: "example", Op: api.OpUpdate,
		Before: []byte(`{"gates":[]}`), After: []byte(`{"gates":[{"type":"boolean","enabled":true}]}`),
	}
	model.Describe(&c)
	d := api.Delivery{Webhook: list[i], ID: model.RandomName(), Attempt: 1, Test: true, Entry: api.AuditEntry{
		Environment: DefaultEnvironment, Time: s.now().UTC(), By: "gonfalon", Reason: "a test of the webhook",
		Action: "webhook.test", Key: "example", Changes: []api.Change{c},
	}}
	if err := s.config.Webhooks.Send(ctx, d); err != nil {
		return &api.Error{Code: api.Unavailable, Message: "the delivery failed: " + stored.Clip(err.Error(), 500), Err: err}
	}
	return nil
}

// progress returns how far each environment has come on this replica, and a channel that is closed when it knows more.
// It is for the delivery of webhooks.
func (s *Service) progress() (map[string]webhooks.Progress, <-chan struct{}) {
	v := s.replica.View()
	all := make(map[string]webhooks.Progress, len(v.Snapshots))
	for env, p := range v.Snapshots {
		h := &p.State().Head
		all[env] = webhooks.Progress{Floor: h.Floor, Revision: h.Revision}
	}
	return all, v.Next
}
