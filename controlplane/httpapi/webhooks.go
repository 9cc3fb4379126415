package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func webhookDocument(h controlplane.Webhook) apiclient.Webhook {
	envs := h.Envs
	if envs == nil {
		envs = []string{}
	}
	return apiclient.Webhook{
		ID: h.ID, Name: h.Name, URL: h.URL, Envs: envs, Created: h.Created, LastDelivery: h.LastDelivery,
		LastFailure: h.LastFailure, LastError: h.LastError, Delivered: h.Delivered, Secret: h.Secret,
	}
}

func (x *call) listWebhooks() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().Webhooks(x.context())
	if err != nil {
		return err
	}
	d := apiclient.WebhookList{Webhooks: make([]apiclient.Webhook, len(all))}
	for i, h := range all {
		h.Secret = ""
		d.Webhooks[i] = webhookDocument(h)
	}
	return x.answer(http.StatusOK, d)
}

// createWebhook creates a webhook. Only this response has the secret that signs deliveries.
func (x *call) createWebhook() error {
	d, o, err := plain[struct {
		written
		apiclient.NewWebhook
	}](x, false)
	if err != nil {
		return err
	}
	h, err := x.service().CreateWebhook(x.context(), controlplane.NewWebhook{Name: d.Name, URL: d.URL, Secret: d.Secret, Envs: d.Envs}, o)
	if err != nil {
		return err
	}
	x.Response().Header().Set("Cache-Control", "no-store")
	return x.answer(created(o), webhookDocument(h))
}

func (x *call) deleteWebhook() error {
	_, o, err := x.deleting()
	if err != nil {
		return err
	}
	if err := x.service().DeleteWebhook(x.context(), x.param("key"), o); err != nil {
		return err
	}
	return x.nothing()
}

// testWebhook delivers a made-up change now. If that fails, the response says why.
func (x *call) testWebhook() error {
	if _, _, err := plain[written](x, true); err != nil {
		return err
	}
	if err := x.service().TestWebhook(x.context(), x.param("key")); err != nil {
		return err
	}
	return x.nothing()
}
