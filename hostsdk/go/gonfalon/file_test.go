package gonfalon

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestAFollowedFile keeps serving what it last could read, whatever takes the file's place, and takes what comes after.
func TestAFollowedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.snapshot")
	put := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	put(compiled(t, 1, flagOn))
	lost := make(chan error, 16)
	c, err := New(t.Context(), Config{Source: again{file{path, time.Millisecond}, lost}, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	revision := int64(1)
	for name, spoil := range map[string]func() error{
		"gone":             func() error { return os.Remove(path) },
		"truncated":        func() error { return os.Truncate(path, 20) },
		"empty":            func() error { return os.Truncate(path, 0) },
		"endless":          func() error { return os.Truncate(path, 1<<40) },
		"a pipe":           func() error { os.Remove(path); return exec.CommandContext(t.Context(), "mkfifo", path).Run() },
		"a folder":         func() error { os.Remove(path); return os.Mkdir(path, 0o700) },
		"a link to itself": func() error { os.Remove(path); return os.Symlink(path, path) },
	} {
		for len(lost) > 0 {
			<-lost
		}
		if err := spoil(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := <-lost; err == nil || !c.Enabled("on") {
			t.Errorf("%s: %v, and it decides %v", name, err, c.Enabled("on"))
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		revision++
		put(compiled(t, revision, flagOn))
		if err := c.WaitFor(t.Context(), revision); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// again is a source that tells why it is lost, and begins again at once.
type again struct {
	Source
	lost chan error
}

func (a again) Run(ctx context.Context, feed *Feed) error {
	for ctx.Err() == nil {
		if err := a.Source.Run(ctx, feed); ctx.Err() == nil {
			select {
			case a.lost <- err:
			default:
			}
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}
