package programs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/shards"
)

var (
	programs = flag.Int("programs", 10, "how many programs to try, half of each generator")
	from     = flag.Uint64("from", 1, "the first program's seed")
	batch    = flag.Int("batch", 100, "how many programs to build at once")
	keep     = flag.Bool("keep", false, "keep what batches find, and pass over those that were run before")
	patience = flag.Duration("patience", 2*time.Minute, "how long to make a program that differs smaller")
	shard    = &shards.Shard{Index: 1, Of: 1}
)

func init() { flag.Var(shard, "shard", "which part of the batches to run: 2/8") }

const noDifference = "no difference"

// TestPrograms wants the same answers of all ways to run a program. It ends at
// the first batch that differs.
func TestPrograms(t *testing.T) {
	var log *shards.Log
	if *keep {
		var err error
		if log, err = shards.Open("programs", "cmd/compile-wasm"); err != nil {
			t.Fatal(err)
		}
	}
	runs, traps := 0, 0
	for n := 0; n**batch < *programs; n++ {
		first := *from + uint64(n**batch)
		list := make([]Program, min(*batch, *programs-n**batch))
		item := fmt.Sprintf("seeds %d to %d", first, first+uint64(len(list))-1)
		if !shard.Takes(n) {
			continue
		}
		if log != nil {
			if e, ok := log.Of(item); ok && e.Found == noDifference {
				continue
			}
		}
		for i := range list {
			list[i] = New(first + uint64(i))
		}
		began := time.Now()
		r, s, found := try(t, list)
		runs, traps = runs+r, traps+s
		t.Logf("%s: %s, in %v", item, head(found), time.Since(began).Round(time.Second))
		if log != nil {
			if err := log.Add(item, found, len(list)); err != nil {
				t.Fatal(err)
			}
		}
		if found != noDifference {
			t.Error(found)
			break
		}
	}
	t.Logf("%d runs natively, %d of them trap", runs, traps)
	if traps*2 > runs {
		t.Errorf("%d of %d runs trap: too few get to their end", traps, runs)
	}
	if log != nil {
		total := 0
		for _, e := range log.Entries() {
			if e.Found != noDifference {
				t.Errorf("%s: %s", e.Item, e.Found)
			}
			total += e.Count
		}
		t.Logf("%d programs so far in all shards: %s", total, log.Path)
	}
}

// head is the first line of a text.
func head(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// try runs a batch in all ways. What it found is "no difference", or a difference
// with the smallest program that shows it.
func try(t *testing.T, list []Program) (runs, traps int, found string) {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir) // a shard has many batches, and each fills its own
	b, err := Write(dir, list, all())
	if err != nil {
		t.Fatal(err)
	}
	want, err := b.Native(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range list {
		for k, known := range p.Known {
			if got := want[i*inputs+k]; got != known {
				t.Errorf("seed %d, input %d: Go says %s, the generator %s\n%s", p.Seed, k, got, known, p.Source)
				return 0, 0, "the generator is wrong"
			}
		}
	}
	for _, w := range want {
		if w == trap {
			traps++
		}
	}
	if d := b.Difference(t.Context(), want); d != nil {
		return len(want), traps, d.String() + "\n" + d.Reduce(t.Context(), *patience)
	}
	return len(want), traps, noDifference
}

// FuzzPrograms tries a program for each seed that the fuzzer comes up with.
func FuzzPrograms(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(1_000_000 + seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		if _, _, found := try(t, []Program{New(seed)}); found != noDifference {
			t.Error(found)
		}
	})
}
