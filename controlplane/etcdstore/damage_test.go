package etcdstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// TestADamagedDirectoryIsSaidInOneSentence: etcd itself would panic or wait without end.
func TestADamagedDirectoryIsSaidInOneSentence(t *testing.T) {
	base := t.TempDir()
	s := embedded(t, base)
	for i := range 50 {
		if _, err := s.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: fmt.Sprint("k", i), Value: make([]byte, 500)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, log := filepath.Join("etcd", "member", "snap", "db"), filepath.Join("etcd", "member", "wal")
	files, err := fs.Glob(os.DirFS(filepath.Join(base, log)), "*.wal")
	if err != nil || len(files) != 1 {
		t.Fatalf("%q %v", files, err)
	}
	wal := filepath.Join(log, files[0])
	open := func(t *testing.T, damage func(dir string) error) error {
		dir := filepath.Join(t.TempDir(), "data")
		if err := errors.Join(os.CopyFS(dir, os.DirFS(base)), damage(dir)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s, err := etcdstore.OpenEmbedded(ctx, etcdstore.Embedded{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = s.Close()
		}
		if err != nil && (!errors.Is(err, etcdstore.ErrDamaged) || !strings.Contains(err.Error(), "gonfalon restore FILE --data-dir "+dir) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("it says %v", err)
		}
		return err
	}
	cut := func(name string, size int64) func(string) error {
		return func(dir string) error { return os.Truncate(filepath.Join(dir, name), size) }
	}
	for what, damage := range map[string]func(dir string) error{
		"data cut off":   cut(db, 20_000),
		"log cut off":    cut(wal, 2_000),
		"log empty":      cut(wal, 0),
		"log gone":       func(dir string) error { return os.RemoveAll(filepath.Join(dir, log)) },
		"log files gone": func(dir string) error { return os.Remove(filepath.Join(dir, wal)) },
		"keys in disorder": func(dir string) error {
			path, tenth := filepath.Join(dir, db), []byte("\x00\x00\x00\x00\x00\x00\x00\x0a_")
			data, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(data, tenth) {
				return fmt.Errorf("no revision 10: %w", err)
			}
			return os.WriteFile(path, bytes.ReplaceAll(data, tenth, append([]byte{0xff}, tenth[1:]...)), 0o600)
		},
		"data replaced": func(dir string) error { return os.WriteFile(filepath.Join(dir, db), make([]byte, 100_000), 0o600) },
	} {
		t.Run(what, func(t *testing.T) {
			if open(t, damage) == nil {
				t.Error("nothing is noticed")
			}
		})
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range 24 {
		name, within := db, int64(60_000)
		if i%2 == 0 {
			name, within = wal, 20_000
		}
		at, noise := random.Int64N(within), make([]byte, 1+random.IntN(5_000))
		for j := range noise {
			noise[j] = byte(random.Uint32())
		}
		t.Run(fmt.Sprintf("%d bytes of noise at %d of %s", len(noise), at, filepath.Base(name)), func(t *testing.T) {
			_ = open(t, func(dir string) error { // some bytes have no meaning: then it opens
				f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
				if err != nil {
					return err
				}
				_, err = f.WriteAt(noise, at)
				return errors.Join(err, f.Close())
			})
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
