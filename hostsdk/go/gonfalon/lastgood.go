package gonfalon

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// readFile reads a file that should be a snapshot, however large somebody made it. A pipe could keep a start waiting.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, engine.MaxSnapshotBytes+1))
	if err == nil && len(data) > engine.MaxSnapshotBytes {
		err = fmt.Errorf("%s is larger than a snapshot may be", path)
	}
	return data, err
}

// writeLastGood replaces the copy on disk whole: written beside it, synced, renamed. It replaces a regular file only: no pipe,
// device or folder; of a link, the file that it names.
func writeLastGood(path, data string) error {
	if there, err := os.Lstat(path); err == nil && there.Mode()&os.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if there, err := os.Stat(path); err == nil && !there.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after a rename there is nothing of that name
	_, err = f.WriteString(data)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		sweep(path)
	}
	return err
}

// abandoned is how old a file that is being written is when it belongs to a process that was killed.
const abandoned = time.Minute

// halfWritten matches what os.CreateTemp has added to the name of a file.
var halfWritten = regexp.MustCompile(`^\.\d+\.new$`)

// sweep deletes what processes that were killed have left half written.
func sweep(path string) {
	dir, name := filepath.Split(path)
	entries, _ := os.ReadDir(filepath.Clean(dir))
	for _, entry := range entries {
		rest, ours := strings.CutPrefix(entry.Name(), name)
		if !ours || !halfWritten.MatchString(rest) || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(dir, entry.Name())) // another process was quicker
		}
	}
}

// latest hands the newest generation to one goroutine; those it was too slow for are passed over.
type latest struct{ ch chan *generation }

func (l *latest) put(g *generation) {
	for {
		select {
		case l.ch <- g:
			return
		default:
		}
		select {
		case <-l.ch:
		default:
		}
	}
}

// keepLastGood writes each snapshot to disk, off the way of those that decide and of the source.
func (c *Client) keepLastGood(ctx context.Context) {
	for {
		select {
		case g := <-c.store.keep.ch:
			c.keep(g)
		case <-ctx.Done():
			select {
			case g := <-c.store.keep.ch:
				c.keep(g)
			default:
			}
			return
		}
	}
}

func (c *Client) keep(g *generation) {
	if c.store.kept == g.info.ID {
		return
	}
	if err := writeLastGood(c.config.LastGood, g.loaded.Bytes()); err != nil {
		if c.store.unkept != err.Error() {
			c.config.Logger.Warn("gonfalon: the last good snapshot can't be written", "file", c.config.LastGood, "error", err)
		}
		c.store.unkept = err.Error()
		return
	}
	c.store.kept, c.store.unkept = g.info.ID, ""
}
