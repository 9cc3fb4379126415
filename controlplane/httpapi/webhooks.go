package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

func (c *call) listWebhooks() error {
	if err := c.params().err(); err != nil {
		return err
	}
	all, err := c.service().Webhooks(c.context())
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, api.WebhookList{Webhooks: all})
}

// createWebhook creates a webhook. Only this response has the secret that signs deliveries.
func (c *call) createWebhook() error {
	d, o, err := smallBody[struct {
		writeMembers
		api.NewWebhook
	}](c, false)
	if err != nil {
		return err
	}
	h, err := c.service().CreateWebhook(c.context(), d.NewWebhook, o)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(created(o), h)
}

func (c *call) deleteWebhook() error {
	_, o, err := c.deleteOptions()
	if err != nil {
		return err
	}
	if err := c.service().DeleteWebhook(c.context(), c.param("key"), o); err != nil {
		return err
	}
	return c.nothing()
}

// testWebhook delivers a made-up change now. If that fails, the response says why.
func (c *call) testWebhook() error {
	if _, _, err := smallBody[writeMembers](c, true); err != nil {
		return err
	}
	if err := c.service().TestWebhook(c.context(), c.param("key")); err != nil {
		return err
	}
	return c.nothing()
}
