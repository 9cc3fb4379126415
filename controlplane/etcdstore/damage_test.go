package etcdstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// directory is a data directory that may be damaged, and the files in which etcd has its data and its log.
type directory struct{ path, db, log, wal string }

func newDirectory(t *testing.T) directory {
	t.Helper()
	d := directory{t.TempDir(), filepath.Join("etcd", "member", "snap", "db"), filepath.Join("etcd", "member", "wal"), ""}
	s := embedded(t, d.path)
	for i := range 50 {
		if _, err := s.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: fmt.Sprint("k", i), Value: make([]byte, 500)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(os.DirFS(filepath.Join(d.path, d.log)), "*.wal")
	if err != nil || len(files) != 1 {
		t.Fatalf("%q %v", files, err)
	}
	d.wal = filepath.Join(d.log, files[0])
	return d
}

// open opens a damaged copy of the directory. If it can't be opened, it has to say so in one sentence.
func (d directory) open(t *testing.T, damage func(dir string) error) error {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.CopyFS(dir, os.DirFS(d.path)), damage(dir)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := etcdstore.OpenEmbedded(ctx, etcdstore.Embedded{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = s.Close()
	}
	if err != nil && (!errors.Is(err, etcdstore.ErrDamaged) || !strings.Contains(err.Error(), "gonfalon restore FILE --data-dir DIR") || strings.Contains(err.Error(), "\n")) {
		t.Errorf("it says %v", err)
	}
	return err
}

// TestADamagedDirectoryIsSaidInOneSentence: etcd itself would panic or wait without end.
func TestADamagedDirectoryIsSaidInOneSentence(t *testing.T) {
	d := newDirectory(t)
	cut := func(name string, size int64) func(string) error {
		return func(dir string) error { return os.Truncate(filepath.Join(dir, name), size) }
	}
	for what, damage := range map[string]func(dir string) error{
		"data cut off":   cut(d.db, 20_000),
		"log cut off":    cut(d.wal, 2_000),
		"log empty":      cut(d.wal, 0),
		"log gone":       func(dir string) error { return os.RemoveAll(filepath.Join(dir, d.log)) },
		"log files gone": func(dir string) error { return os.Remove(filepath.Join(dir, d.wal)) },
		"keys in disorder": func(dir string) error {
			path, tenth := filepath.Join(dir, d.db), []byte("\x00\x00\x00\x00\x00\x00\x00\x0a_")
			data, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(data, tenth) {
				return fmt.Errorf("no revision 10: %w", err)
			}
			return os.WriteFile(path, bytes.ReplaceAll(data, tenth, append([]byte{0xff}, tenth[1:]...)), 0o600)
		},
		"data replaced": func(dir string) error { return os.WriteFile(filepath.Join(dir, d.db), make([]byte, 100_000), 0o600) },
	} {
		t.Run(what, func(t *testing.T) {
			if d.open(t, damage) == nil {
				t.Error("nothing is noticed")
			}
		})
	}
}

// TestAnEmptyDirectoryIsSaidLoudly, since another one may have been meant; one that is made isn't.
func TestAnEmptyDirectoryIsSaidLoudly(t *testing.T) {
	for dir, loud := range map[string]bool{t.TempDir(): true, filepath.Join(t.TempDir(), "new"): false} {
		var log strings.Builder
		s, err := etcdstore.OpenEmbedded(t.Context(), etcdstore.Embedded{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "the data directory is empty: this is a new control plane"); got != loud {
			t.Errorf("%s: loud %t, want %t: %s", dir, got, loud, &log)
		}
	}
}
