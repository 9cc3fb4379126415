package httpapi

import (
	"encoding/json"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// followers is how many streams of changes may be open: people and their tools, of whom there are fewer than hosts. One
// address, such as an office, may have half of them, and so may one token.
var followers = room{most: 2000, perAddress: 1000, perToken: 1000}

// getChanges tells of each change of an environment as it comes.
func (c *call) getChanges() error {
	if err := c.params().err(); err != nil {
		return err
	}
	if _, err := c.service().Snapshot(c.context(), c.env); err != nil {
		return err
	}
	leave, ok := c.api.follows.enter(followers, network(c.rules.proxies.caller(c.Request())).String(), c.token.ID)
	if !ok {
		return &api.Error{Code: api.Unavailable, Message: "there are too many streams of changes"}
	}
	defer leave()
	s, ctx, err := c.openStream(":\n\n")
	if err != nil {
		return err
	}
	defer s.close()
	if s.send(s.retry(), ":\n\n") != nil {
		return nil
	}
	for e, err := range c.service().Live(ctx, c.env, c.lastEventID()) {
		if err != nil {
			c.api.log.Debug("a stream of changes ended", "environment", c.env, "error", err)
			return nil
		}
		data, err := json.Marshal(e.Data())
		if err != nil {
			return err
		}
		id := ""
		if e.ID != "" {
			id = "id: " + e.ID + "\n"
		}
		if s.send("event: ", e.Kind, "\n", id, "data: ", string(data), "\n\n") != nil {
			return nil
		}
	}
	return nil
}
