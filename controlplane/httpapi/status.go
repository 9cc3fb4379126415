package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// getStatus says how the control plane is, as this replica sees it.
func (c *call) getStatus() error {
	if err := c.params().err(); err != nil {
		return err
	}
	now := c.service().Status()
	d := api.Status{
		Replica: c.service().Name(), Replicas: c.service().Replicas(c.context()),
		Store: api.StoreStatus{
			Synced: now.Synced, Lag: now.Lag.Seconds(), Revision: now.StoreRevision, Used: now.Store.Used, Quota: now.Store.Quota,
			Members: []api.StoreMember{},
		},
		Environments: []api.EnvironmentStatus{}, Degraded: []api.Degradation{},
	}
	for _, m := range now.Store.Members {
		member := api.StoreMember{Version: m.Version, Leader: m.Leader, Used: m.Used}
		if m.Problem != "" {
			member.Problem = "it doesn't answer, or says that something is wrong"
		}
		if c.token.Allows(mayAdmin, "") { // addresses and errors tell of the network behind the server
			member.Address, member.Problem = m.Address, m.Problem
		}
		d.Store.Members = append(d.Store.Members, member)
	}
	for _, e := range now.Environments {
		if c.token.Allows(mayRead, e.Key) {
			d.Environments = append(d.Environments, api.EnvironmentStatus{
				Key: e.Key, Revision: e.Revision, Flags: e.Flags, Segments: e.Segments, Unreadable: len(e.Unreadable), Hosts: e.Hosts,
			})
		}
	}
	for _, g := range now.Degraded {
		d.Degraded = append(d.Degraded, api.Degradation{Kind: g.Kind, Detail: g.Detail})
	}
	return c.answer(http.StatusOK, d)
}
