package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

func TestCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data-dir", dir)
	s.run("flags", "enable", "kept").must(t)
	gonfalon(t, "check", "--data-dir", dir).has(t, 2, "is gonfalon serve running on it?")
	s.stop()
	gonfalon(t, "check", "--data-dir", dir).has(t, 0, "0 violations, 0 keys of litter")

	db, err := (&storage{dir: dir}).open(context.Background(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Commit(t.Context(), store.Txn{Ops: []store.Op{
		{Key: "head/default", Value: []byte("nonsense")}, {Key: "colour/red", Value: []byte("x")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	gonfalon(t, "check", "--data-dir", dir).has(t, 1, "the head can't be read", "colour/red", "2 violations")
	gonfalon(t, "check", "--data-dir", dir, "-o", "name").has(t, 1, "head/default")
	var found violations
	if err := json.Unmarshal([]byte(gonfalon(t, "check", "--data-dir", dir, "-o", "json").out), &found); err != nil || len(found.Violations) != 2 {
		t.Errorf("%+v %v", found, err)
	}
	gonfalon(t, "check", "--data-dir", filepath.Join(dir, "typo")).has(t, 2, "not a data directory")
}
