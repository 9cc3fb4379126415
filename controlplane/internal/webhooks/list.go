package webhooks

import (
	"context"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Read returns the webhooks with their secrets and how far they were delivered, oldest first.
func Read(ctx context.Context, from store.Store) ([]api.Webhook, error) {
	progress := map[string]*stored.Delivery{}
	if _, err := store.ReadAll(ctx, from, store.Under(stored.DeliveryPrefix), func(e store.Entry) error {
		var d stored.Delivery
		progress[stored.Tail(e.Key)] = &d
		return stored.Unmarshal(e.Value, &d)
	}); err != nil {
		return nil, model.Unavailable("the webhooks can't be read", err)
	}
	list := []api.Webhook{}
	if _, err := store.ReadAll(ctx, from, store.Under(stored.WebhookPrefix), func(e store.Entry) error {
		var w stored.Webhook
		d := progress[stored.Tail(e.Key)]
		if d == nil {
			d = &stored.Delivery{}
		}
		err := stored.Unmarshal(e.Value, &w)
		list = append(list, w.Document(stored.Tail(e.Key), d))
		return err
	}); err != nil {
		return nil, model.Unavailable("the webhooks can't be read", err)
	}
	slices.SortStableFunc(list, func(a, b api.Webhook) int { return a.Created.Compare(b.Created) })
	return list, nil
}
