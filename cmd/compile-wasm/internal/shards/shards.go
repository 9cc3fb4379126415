package shards

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Shard is part Index of Of, counted from 1.
type Shard struct{ Index, Of int }

// String returns the form that Set takes.
func (s *Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Set parses "2/8". It makes a Shard a flag.
func (s *Shard) Set(text string) error {
	var index, of int
	var rest string
	if n, _ := fmt.Sscanf(text, "%d/%d%s", &index, &of, &rest); n != 2 || index < 1 || index > of {
		return fmt.Errorf("%q is no shard: say 2/8 for the second of eight", text)
	}
	s.Index, s.Of = index, of
	return nil
}

// Takes reports whether item number i belongs to the shard.
func (s *Shard) Takes(i int) bool { return i%s.Of == s.Index-1 }

// Entry is what one item found.
type Entry struct {
	Item   string `json:"item"`
	Found  string `json:"found"`
	Count  int    `json:"count,omitempty"` // of what the item stands for
	Commit string `json:"commit"`
}

// Log is what the items of a check found so far.
type Log struct {
	Path    string
	commit  string
	entries map[string]Entry
	order   []string
}

// ErrChanged refuses a log of sources that no commit has.
var ErrChanged = errors.New("commit first: results are kept for committed sources only")

// Open opens the log of a check named name for the sources in dirs, which are
// relative to the top of the repository.
func Open(name string, dirs ...string) (*Log, error) {
	top, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	changed, err := git(append([]string{"-C", top, "status", "--porcelain", "--"}, dirs...)...)
	if err != nil {
		return nil, err
	}
	if changed != "" {
		return nil, fmt.Errorf("%w:\n%s", ErrChanged, changed)
	}
	sources, err := git(append([]string{"-C", top, "ls-tree", "-d", "HEAD", "--"}, dirs...)...)
	if err != nil {
		return nil, err
	}
	commit, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return nil, err
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(sources)))[:12]
	return read(filepath.Join(top, ".cache", "compile-wasm", name, hash+".jsonl"), commit)
}

func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// longest bounds a line. The longest that is written has a program in it
// that couldn't be made smaller in time; a random one takes up to 300 KB here.
const longest = 16 << 20

// read reads a log. A line that a stopped run left unfinished is passed over.
func read(path, commit string) (*Log, error) {
	l := &Log{Path: path, commit: commit, entries: map[string]Entry{}}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Item != "" {
			l.keep(e)
		}
	}
	return l, lines.Err()
}

func (l *Log) keep(e Entry) {
	if _, ok := l.entries[e.Item]; !ok {
		l.order = append(l.order, e.Item)
	}
	l.entries[e.Item] = e
}

// Of returns what an item has found, if it has been run.
func (l *Log) Of(item string) (Entry, bool) {
	e, ok := l.entries[item]
	return e, ok
}

// Add notes what an item found. Several shards may write to one log at a time:
// each entry is one write of one line.
func (l *Log) Add(item, found string, count int) error {
	e := Entry{item, found, count, l.commit}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(l.Path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	if unfinished(file) {
		line = append([]byte("\n"), line...)
	}
	_, err = file.Write(append(line, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	l.keep(e)
	return nil
}

// unfinished reports whether a log ends in the middle of a line.
func unfinished(file *os.File) bool {
	at, err := file.Seek(0, 2)
	if err != nil || at == 0 {
		return false
	}
	var last [1]byte
	_, err = file.ReadAt(last[:], at-1)
	return err == nil && last[0] != '\n'
}

// Entries returns what all items found, in the order in which they were first run.
func (l *Log) Entries() []Entry {
	out := make([]Entry, len(l.order))
	for i, item := range l.order {
		out[i] = l.entries[item]
	}
	return out
}
