// Command compare runs the benchmarks of two commits in turns on one machine, and fails if the working tree has become
// slower.
//
//	go run ./benchmarks/compare [-base origin/main] [-rounds 5] [-only engine,wasm,hostsdk]
//
// It compares each case's ratio to the reference that it was timed against in the same run: the lowest of all rounds,
// because a busy machine only ever adds time. A case has lost if that ratio is more than 10 % above the base's, and if
// that also holds in more than half of the rounds, each against the base's run beside it. One more allocation is a
// loss too. A case that only one side has is not compared.
//
// Why: RATIONALE.md "Why are benchmarks compared by ratios, and in turns?"
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gonfalon-flags/gonfalon/benchmarks/measure"
)

// A loss is more than this. A commit against itself, on two cores that others used too, differed by up to 12 % in a
// case, but never in most rounds.
const threshold = 0.10

func main() {
	base := flag.String("base", "origin/main", "the commit to compare with")
	rounds := flag.Int("rounds", 5, "how often each side is run")
	only := flag.String("only", "engine,wasm,hostsdk", "the benchmarks to run, separated by commas")
	flag.Parse()
	lost, err := compare(os.Stdout, *base, *rounds, strings.Split(*only, ","))
	if err != nil {
		log.Fatal(err)
	}
	if lost {
		os.Exit(1)
	}
}

// side is a commit, checked out and built.
type side struct {
	name, tree, bin string
	runs            []map[string]measure.Result // of each round, by case
}

func compare(out io.Writer, base string, rounds int, names []string) (lost bool, err error) {
	temp, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(temp)
	before := &side{name: "base", tree: filepath.Join(temp, "tree"), bin: filepath.Join(temp, "base")}
	after := &side{name: "head", tree: ".", bin: filepath.Join(temp, "head")}
	if err := command(".", "git", "worktree", "add", "--detach", "--quiet", before.tree, base); err != nil {
		return false, fmt.Errorf("checking %s out: %w", base, err)
	}
	defer func() { err = errors.Join(err, command(".", "git", "worktree", "remove", "--force", before.tree)) }()
	for _, s := range []*side{before, after} {
		for _, name := range names {
			if err := command(s.tree, "go", "build", "-o", filepath.Join(s.bin, name), "./benchmarks/"+name); err != nil {
				return false, fmt.Errorf("building %s of the %s: %w", name, s.name, err)
			}
		}
	}
	for round := range rounds {
		order := []*side{before, after}
		if round%2 == 1 {
			order = []*side{after, before}
		}
		fmt.Fprintf(out, "round %d of %d\n", round+1, rounds)
		for _, s := range order {
			if err := s.run(names); err != nil {
				return false, fmt.Errorf("running the %s: %w", s.name, err)
			}
		}
	}
	return report(out, before.runs, after.runs), nil
}

func command(dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir, c.Stderr = dir, os.Stderr
	return c.Run()
}

// run runs every benchmark once.
func (s *side) run(names []string) error {
	results := map[string]measure.Result{}
	for _, name := range names {
		file := filepath.Join(s.bin, name+".jsonl")
		if err := os.RemoveAll(file); err != nil {
			return err
		}
		if err := command(s.tree, filepath.Join(s.bin, name), "-o", file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := read(file, results); err != nil {
			return err
		}
	}
	s.runs = append(s.runs, results)
	return nil
}

func read(file string, into map[string]measure.Result) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for lines := json.NewDecoder(f); ; {
		var r measure.Result
		if err := lines.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		into[r.Name] = r
	}
}
