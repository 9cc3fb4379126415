package gonfalon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// TestARecordOfANewerControlPlane: what it wrote in another form is off, named in the log and in the figures; the rest goes on.
func TestARecordOfANewerControlPlane(t *testing.T) {
	data := compiled(t, 2, flagOn, `{"key": "new", "gates": [{"type": "boolean", "enabled": true}]}`)
	at := bytes.Index(data, []byte{0xa3, 'n', 'e', 'w', 0xc4})
	data[at+7] = 0x41 // a bit of the flag that no build has written yet
	id := sha256.Sum256(data[:len(data)-engine.IDBytes])
	copy(data[len(data)-engine.IDBytes:], id[:])
	c, log := logged(t, Config{Source: run(func(_ context.Context, feed *Feed) error { return feed.Take(data) })})
	until(t, c, func() bool { return c.Stats().Taken == 1 })
	if !c.Enabled("on") || c.Enabled("new") || c.Stats().Info.Unreadable != 1 {
		t.Errorf("%+v", c.Stats())
	}
	c.Close()
	if !strings.Contains(log.String(), "can't read; such flags are off") {
		t.Errorf("it logs %s", log)
	}
}

// TestACostlyPattern: a decision says that it was given up.
func TestACostlyPattern(t *testing.T) {
	c := booted(t, `{"key": "costly", "gates": [{"type": "rule", "enabled": true, "constraints": [{"attribute": "a", "operator": "matches", "values": ["(a|.){0,99}$x"]}]}, {"type": "boolean", "enabled": true}]}`)
	if d := c.Decide("costly", With("a", "/")); !d.Enabled || d.Exhausted {
		t.Errorf("over a short text: %+v", d)
	}
	if d := c.Decide("costly", With("a", strings.Repeat("/", 30_000))); d.Enabled || !d.Exhausted {
		t.Errorf("over a long text: %+v", d)
	}
}
