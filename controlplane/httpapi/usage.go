package httpapi

import "net/http"

// getUsageIndex answers with the usage of every flag, which belongs to the index.
func (c *call) getUsageIndex() error {
	p := c.params()
	stale := p.age("stale")
	if err := p.err(); err != nil {
		return err
	}
	x, err := c.service().UsageIndex(c.context(), c.env, stale)
	if err != nil {
		return err
	}
	return c.answerPacked(x)
}

// getUsage answers with a flag's usage over time.
func (c *call) getUsage() error {
	p := c.params()
	by := p.choice("by", "hour", "day")
	if err := p.err(); err != nil {
		return err
	}
	h, err := c.service().UsageHistory(c.context(), c.env, c.param("key"), by == "day")
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, h)
}
