package gonfalon

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// TestLastGoodIsARegularFile: a pipe or a device is ignored, and not waited for.
func TestLastGoodIsARegularFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.CommandContext(t.Context(), "mkfifo", pipe).Run(); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, os.DevNull} {
		c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, flagOn), LastGood: path, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Enabled("on") {
			t.Errorf("%s: the bootstrap doesn't serve", path)
		}
		c.Close()
	}
}

// TestLastGoodByALink: the link stays, and the file that it names is replaced. A link to nothing is an error.
func TestLastGoodByALink(t *testing.T) {
	dir := t.TempDir()
	file, link, nothing := filepath.Join(dir, "flags"), filepath.Join(dir, "link"), filepath.Join(dir, "nothing")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Symlink("flags", link), os.Symlink("nowhere", nothing)); err != nil {
		t.Fatal(err)
	}
	if err := writeLastGood(link, "bytes"); err != nil {
		t.Error(err)
	}
	to, err := os.Readlink(link)
	if data, err2 := os.ReadFile(file); err != nil || err2 != nil || to != "flags" || string(data) != "bytes" {
		t.Errorf("the link is to %q (%v), and its file has %q (%v)", to, err, data, err2)
	}
	if err := writeLastGood(nothing, "bytes"); err == nil {
		t.Error("a link to nothing was replaced")
	}
}

// TestHalfWrittenFilesAreSwept: those of killed processes go, and nothing else does.
func TestHalfWrittenFilesAreSwept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "flags")
	old := time.Now().Add(-2 * abandoned)
	for _, name := range []string{"flags.123.new", "flags.1.2.new", "flags.new", "other.123.new", "flags.456.new"} {
		file := filepath.Join(dir, name)
		err := os.WriteFile(file, nil, 0o600)
		if name != "flags.456.new" { // is being written
			err = errors.Join(err, os.Chtimes(file, old, old))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := writeLastGood(path, "bytes"); err != nil {
		t.Error(err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if got := strings.Join(left, " "); got != "flags flags.1.2.new flags.456.new flags.new other.123.new" || err != nil {
		t.Errorf("%s (%v)", got, err)
	}
}

// TestLastGoodReplacesARegularFile: a pipe, a folder or a socket stays as it is, and that is logged once.
func TestLastGoodReplacesARegularFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.CommandContext(t.Context(), "mkfifo", pipe).Run(); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, t.TempDir()} {
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, flagOn), LastGood: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		for range 3 {
			c.keep(c.serving.Load())
		}
		if after, err := os.Stat(path); err != nil || after.Mode() != before.Mode() {
			t.Errorf("%s is %v (%v) now", path, after, err)
		}
		if n := strings.Count(log.String(), "can't be written"); n != 1 {
			t.Errorf("it is logged %d times:\n%s", n, log.String())
		}
	}
}

func TestBootstrapThenLastGood(t *testing.T) {
	one, two := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagOff)
	other := compiledIn(t, snapshot.Header{Environment: DefaultEnvironment, Lineage: lineage('b'), Revision: 1}, flagHero)
	damaged := bytes.Clone(two)
	damaged[20] ^= 1
	for _, test := range []struct {
		name                string
		bootstrap, lastGood []byte
		want                []byte
	}{
		{"only a bootstrap", one, nil, one},
		{"only a last good", nil, one, one},
		{"a newer last good", one, two, two},
		{"a newer bootstrap", two, one, two},
		{"a last good of another lineage", two, other, other},
		{"a damaged last good", one, damaged, one},
		{"nothing but a damaged last good", nil, damaged, nil},
		{"half a last good", one, two[:len(two)/2], one},
		{"an empty last good", one, []byte{}, one},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "flags")
			if test.lastGood != nil {
				if err := os.WriteFile(path, test.lastGood, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := New(t.Context(), Config{Bootstrap: test.bootstrap, LastGood: path, Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if !bytes.Equal(c.Snapshot(), test.want) {
				t.Errorf("it serves %+v", c.Stats().Info)
			}
		})
	}
}

func TestLastGoodSurvivesARestart(t *testing.T) {
	p := newPlane(t)
	path := filepath.Join(t.TempDir(), "deep", "down", "flags")
	keep := func(config *Config) { config.LastGood = path }
	one, two := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagOff)
	c, s := p.client(t, one, keep)
	s.event(t, "delta", delta(t, one, two))
	until(t, c, func() bool { return revision(c) == 2 })
	c.Close()
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, two) {
		t.Fatalf("%d bytes are kept, %v", len(kept), err)
	}
	if left, _ := filepath.Glob(path + ".*"); left != nil {
		t.Errorf("%q are left over", left)
	}
	p.CloseClientConnections()
	p.Close() // the server is down
	start := time.Now()
	c, err := New(t.Context(), Config{Endpoint: p.URL, Token: "token", LastGood: path, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Enabled("on") || c.State() != Stale {
		t.Errorf("after %s it is %s", time.Since(start), c.State())
	}
	if !c.Enabled("on") || revision(c) != 2 {
		t.Error("it starts without what it kept")
	}
}

func TestResumingFromTheLastGood(t *testing.T) {
	p := newPlane(t)
	path := filepath.Join(t.TempDir(), "flags")
	if err := os.WriteFile(path, compiled(t, 5, flagOn), 0o600); err != nil {
		t.Fatal(err)
	}
	c, s := p.client(t, nil, func(config *Config) { config.LastGood = path })
	if want := "61616161616161616161616161616161-5-"; !strings.HasPrefix(s.lastEventID, want) || len(s.lastEventID) != len(want)+64 {
		t.Errorf("it resumes from %q, want %q and an id", s.lastEventID, want)
	}
	until(t, c, func() bool { return c.State() == Ready }) // nothing comes: it is current
}

func TestAFileThatCannotBeKeptIsNoFailure(t *testing.T) {
	p := newPlane(t)
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := p.client(t, compiled(t, 1, flagOn), func(config *Config) { config.LastGood = filepath.Join(blocked, "flags") })
	if !c.Enabled("on") {
		t.Error("it has no flags")
	}
}
