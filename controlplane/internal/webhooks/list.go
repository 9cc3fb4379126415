package webhooks

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Read returns the webhooks with their secrets and how far they were delivered, oldest first.
func Read(ctx context.Context, from store.Store) ([]api.Webhook, error) {
	all := map[string]*stored.Webhook{}
	if _, err := store.ReadAll(ctx, from, store.Under(stored.WebhookPrefix), func(e store.Entry) error {
		var w stored.Webhook
		all[stored.Tail(e.Key)] = &w
		return stored.Unmarshal(e.Value, &w)
	}); err != nil {
		return nil, model.Unavailable("the webhooks can't be read", err)
	}
	// The progress is read second: a webhook that is created in between, together with its progress, would seem to have
	// none, and get the whole audit.
	progress := map[string]*stored.Delivery{}
	if _, err := store.ReadAll(ctx, from, store.Under(stored.DeliveryPrefix), func(e store.Entry) error {
		var d stored.Delivery
		progress[stored.Tail(e.Key)] = &d
		return stored.Unmarshal(e.Value, &d)
	}); err != nil {
		return nil, model.Unavailable("the webhooks can't be read", err)
	}
	list := []api.Webhook{}
	for id, w := range all {
		if d := progress[id]; d != nil { // otherwise it was deleted in between
			list = append(list, w.Document(id, d))
		}
	}
	slices.SortStableFunc(list, func(a, b api.Webhook) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	return list, nil
}
