package controlplane_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// receiver is the receiving end of a webhook.
type receiver struct {
	mu   sync.Mutex
	fail func(api.Delivery) error
	got  chan api.Delivery
}

func newReceiver() *receiver { return &receiver{got: make(chan api.Delivery, 1000)} }

func (r *receiver) Send(_ context.Context, d api.Delivery) error {
	r.mu.Lock()
	fail := r.fail
	r.mu.Unlock()
	if fail != nil {
		if err := fail(d); err != nil {
			return err
		}
	}
	r.got <- d
	return nil
}

func (r *receiver) next(t *testing.T) api.Delivery {
	t.Helper()
	select {
	case d := <-r.got:
		return d
	case <-time.After(30 * time.Second):
		t.Fatal("no delivery comes")
	}
	return api.Delivery{}
}

func TestWebhooksDeliverEachChangeInOrder(t *testing.T) {
	r := newReceiver()
	s, ctx := open(t, controlplane.Config{Webhooks: r}), t.Context()
	s.QuickWebhooks()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "before", flagset.Scope{}, by))
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	hook := must[api.Webhook](t)(s.CreateWebhook(ctx, api.NewWebhook{Name: "chat", URL: "https://example.com/hook", Envs: []string{env}}, by))
	if hook.Secret == "" {
		t.Fatal("a webhook without a secret")
	}
	for i := range 5 {
		must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor(fmt.Sprint(i)), by))
		must[controlplane.WriteResult](t)(s.Enable(ctx, "e", "f", flagset.ForActor(fmt.Sprint(i)), by))
	}
	for i := range 5 {
		d := r.next(t)
		if d.Entry.Environment != env || d.Entry.Revision != int64(3+i) || d.Attempt != 1 || d.Webhook.Secret != hook.Secret || len(d.Entry.Changes) != 1 {
			t.Fatalf("delivery %d is %+v", i, d)
		}
	}
	list := must[[]api.Webhook](t)(s.Webhooks(ctx))
	if len(list) != 1 || list[0].Secret != "" || list[0].URL != hook.URL {
		t.Errorf("webhooks %+v", list)
	}
	want(t, s.TestWebhook(ctx, hook.ID), "")
	if d := r.next(t); !d.Test || d.Webhook.ID != hook.ID {
		t.Errorf("the test delivered %+v", d)
	}
	want(t, s.TestWebhook(ctx, "missing"), api.NotFound)
	want(t, s.DeleteWebhook(ctx, hook.ID, by), "")
	want(t, s.DeleteWebhook(ctx, hook.ID, by), api.NotFound)
	for _, bad := range []string{"", "ftp://example.com", "https://", "https://user:secret@example.com", "/path"} {
		_, err := s.CreateWebhook(ctx, api.NewWebhook{Name: "w", URL: bad}, by)
		want(t, err, api.Invalid)
	}
	_, err := s.CreateWebhook(ctx, api.NewWebhook{URL: "https://example.com"}, by)
	want(t, err, api.Invalid)
}

func TestFailedDeliveriesAreTriedAgain(t *testing.T) {
	r := newReceiver()
	tries := map[string]int{}
	r.fail = func(d api.Delivery) error {
		tries[d.ID]++
		if tries[d.ID] != d.Attempt {
			t.Errorf("attempt %d of %s is called %d", tries[d.ID], d.ID, d.Attempt)
		}
		if d.Entry.Key == "dead" || d.Attempt < 3 {
			return errors.New("503")
		}
		return nil
	}
	s, ctx := open(t, controlplane.Config{Webhooks: r}), t.Context()
	s.QuickWebhooks()
	must[api.Webhook](t)(s.CreateWebhook(ctx, api.NewWebhook{Name: "w", URL: "https://example.com"}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "dead", flagset.Scope{}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "alive", flagset.Scope{}, by))
	// The delivery to the dead receiver is given up in the end, and later ones arrive.
	if d := r.next(t); d.Entry.Key != "alive" || d.Attempt != 3 {
		t.Errorf("delivered %+v", d)
	}
}

// TestOneReplicaDelivers checks that one of three replicas leads, and that another continues where it stopped.
func TestOneReplicaDelivers(t *testing.T) {
	store, ctx := memstore.New(), t.Context()
	var replicas []*controlplane.Service
	r := newReceiver()
	for range 3 {
		s := open(t, controlplane.Config{Store: store, Webhooks: r})
		s.QuickWebhooks()
		replicas = append(replicas, s)
	}
	must[api.Webhook](t)(replicas[0].CreateWebhook(ctx, api.NewWebhook{Name: "w", URL: "https://example.com"}, by))
	writer := open(t, controlplane.Config{Store: store})
	next := int64(2)
	for range 3 {
		for range 5 {
			must[controlplane.WriteResult](t)(writer.Enable(ctx, env, "f", flagset.ForActor(fmt.Sprint(next)), by))
			for d := r.next(t); d.Entry.Revision != next; d = r.next(t) {
				if d.Entry.Revision > next {
					t.Fatalf("revision %d was delivered before %d", d.Entry.Revision, next)
				} // else delivered once more by the next leader, since the last one could not say that it was
			}
			next++
		}
		leaders := 0
		for i, s := range replicas {
			if s.Status().WebhookLeader {
				leaders++
				_ = s.Close()
				replicas = append(replicas[:i:i], replicas[i+1:]...)
				break
			}
		}
		if leaders != 1 {
			t.Fatalf("%d leaders", leaders)
		}
	}
}
