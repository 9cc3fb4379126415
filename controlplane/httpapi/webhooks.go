package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

func (x *call) listWebhooks() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().Webhooks(x.context())
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, api.WebhookList{Webhooks: all})
}

// createWebhook creates a webhook. Only this response has the secret that signs deliveries.
func (x *call) createWebhook() error {
	d, o, err := plain[struct {
		written
		api.NewWebhook
	}](x, false)
	if err != nil {
		return err
	}
	h, err := x.service().CreateWebhook(x.context(), d.NewWebhook, o)
	if err != nil {
		return err
	}
	x.Response().Header().Set("Cache-Control", "no-store")
	return x.answer(created(o), h)
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
