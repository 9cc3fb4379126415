package shards

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShard: each item is in one shard, and what is no shard is refused.
func TestShard(t *testing.T) {
	for i := range 100 {
		n := 0
		for k := 1; k <= 7; k++ {
			if (&Shard{k, 7}).Takes(i) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("item %d is in %d shards", i, n)
		}
	}
	for _, bad := range []string{"", "0/8", "9/8", "1", "a/b", "1/8x", "-1/2"} {
		if err := new(Shard).Set(bad); err == nil {
			t.Errorf("%q is taken for a shard", bad)
		}
	}
	var s Shard
	if err := s.Set("2/8"); err != nil || s != (Shard{2, 8}) {
		t.Errorf("2/8 is %v, %v", s, err)
	}
}

// TestLog: a log that was cut off in the middle of a line keeps all others, and
// takes new ones. The last entry of an item counts.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "log.jsonl")
	l := open(t, path)
	for _, found := range []string{"nothing", "a difference"} {
		if err := l.Add("programs 1", found, 20); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Add("programs 2", "nothing", 20); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-9], 0o644); err != nil {
		t.Fatal(err)
	}
	l = open(t, path)
	if _, ok := l.Of("programs 2"); ok {
		t.Error("half a line is an entry")
	}
	if err := l.Add("programs 3", "nothing", 20); err != nil {
		t.Fatal(err)
	}
	got := open(t, path).Entries()
	if len(got) != 2 || got[0].Found != "a difference" || got[1].Item != "programs 3" || got[1].Count != 20 || got[1].Commit != "c0ffee" {
		t.Errorf("%+v", got)
	}
}

// TestLongEntry: a program that couldn't be made smaller is one long line.
func TestLongEntry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	long := strings.Repeat("if a < b && c {\n", 20_000)
	if err := open(t, path).Add("programs 1", long, 20); err != nil {
		t.Fatal(err)
	}
	if e, ok := open(t, path).Of("programs 1"); !ok || e.Found != long {
		t.Errorf("%d bytes are left of %d", len(e.Found), len(long))
	}
}

func open(t *testing.T, path string) *Log {
	t.Helper()
	l, err := read(path, "c0ffee")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
