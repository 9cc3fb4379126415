package stored_test

import (
	"bytes"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
)

// TestBuildsBeforeOnBehalfOf: a build that doesn't know for whom a change was made reads the rest of it, and a change
// that was made for nobody else is stored as such a build stores it.
func TestBuildsBeforeOnBehalfOf(t *testing.T) {
	type entry struct { // as that build has it
		Time   int64  `msgpack:"time"`
		By     string `msgpack:"by"`
		Token  string `msgpack:"token,omitempty"`
		Action string `msgpack:"action"`
		Nonce  []byte `msgpack:"nonce"`
	}
	older := entry{Time: 5, By: "ci", Token: "t1", Action: "flag.kill", Nonce: []byte{1}}
	newer := stored.AuditEntry{Time: 5, By: "ci", Token: "t1", Action: "flag.kill", Nonce: []byte{1}}
	if !bytes.Equal(stored.Marshal(newer), stored.Marshal(older)) {
		t.Errorf("an entry for nobody else is %q, and was %q", stored.Marshal(newer), stored.Marshal(older))
	}
	newer.OnBehalfOf = "bob"
	var got entry
	if err := stored.Unmarshal(stored.Marshal(newer), &got); err != nil || got.By != "ci" || got.Token != "t1" || got.Action != "flag.kill" || !bytes.Equal(got.Nonce, older.Nonce) {
		t.Errorf("it reads %+v, %v", got, err)
	}
	var back stored.AuditEntry
	if err := stored.Unmarshal(stored.Marshal(older), &back); err != nil || back.By != "ci" || back.OnBehalfOf != "" {
		t.Errorf("of its entry we read %+v, %v", back, err)
	}

	for name, value := range map[string]any{
		"a refusal": stored.Failure{By: "ci", OnBehalfOf: "bob"}, "a token": stored.Token{Name: "ci", By: "ci", ActsForOthers: true},
		"what a record knows of its change": model.Meta{By: "ci", OnBehalfOf: "bob"},
	} {
		data, err := msgpack.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			By string `msgpack:"by"`
		}
		if err := msgpack.Unmarshal(data, &got); err != nil || got.By != "ci" {
			t.Errorf("%s: it reads %+v, %v", name, got, err)
		}
	}
}
