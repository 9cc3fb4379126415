package gonfalon

import (
	"context"
	"os"
	"time"
)

// File returns the source that reads a snapshot from a file, and reads it again whenever it changes. Replace the file
// by renaming.
func File(path string) Source { return file{path, fileInterval} }

// fileInterval is how often a file is looked at. It costs a system call, and works on every file system.
const fileInterval = time.Second

type file struct {
	path  string
	every time.Duration
}

func (f file) Run(ctx context.Context, feed *Feed) error {
	ticker := time.NewTicker(f.every)
	defer ticker.Stop()
	var seen os.FileInfo
	for {
		now, err := os.Stat(f.path)
		if err != nil {
			return err
		}
		if seen == nil || !os.SameFile(seen, now) || now.ModTime() != seen.ModTime() || now.Size() != seen.Size() {
			data, err := readFile(f.path)
			if err != nil {
				return err
			}
			if err := feed.Take(data); err != nil {
				return err
			}
			seen = now
		} else {
			feed.Confirm()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
