// Command figures counts what can be counted of the code's form, in the working tree or at a commit.
//
//	go run ./scripts/figures [COMMIT]
//
// It counts Go files that are neither tests nor generated. Arrows are counted below controlplane, without its
// adapters: from each file to each other that declares something it uses.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	flag.Parse()
	if err := run(os.Stdout, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, commit string) (err error) {
	tree := "."
	if commit != "" {
		temp, err := os.MkdirTemp("", "figures-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		tree = filepath.Join(temp, "tree")
		if err := command(".", "git", "worktree", "add", "--detach", "--quiet", tree, commit); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, command(".", "git", "worktree", "remove", "--force", tree)) }()
	}
	f, err := count(tree)
	if err != nil {
		return err
	}
	a, err := arrows(tree)
	if err != nil {
		return err
	}
	at, err := exec.Command("git", "-C", tree, "describe", "--always", "--dirty=+", "--exclude=*").Output()
	if err != nil {
		return err
	}
	slices.Sort(f.lines)
	for _, row := range []struct {
		what  string
		value any
	}{
		{"commit", strings.TrimSpace(string(at))},
		{"files", len(f.lines)},
		{"lines in a file, median", f.lines[len(f.lines)/2]},
		{"lines in a file, 90 of 100", f.lines[len(f.lines)*9/10]},
		{"lines in a file, most", f.lines[len(f.lines)-1]},
		{"lines over 120 columns", f.wide},
		{"functions", f.functions},
		{"functions over 60 lines", f.long},
		{"functions of 6 parameters or more", f.broad},
		{"exported names", f.exported},
		{"exported names without comment", f.silent},
		{"Example functions", f.examples},
		{"links from code to RATIONALE.md", f.reasons},
		{"test lines to code lines", fmt.Sprintf("%.2f", float64(f.testLines)/float64(sum(f.lines)))},
		{"controlplane and below: files", a.files},
		{"controlplane: arrows inside the package", a.inside},
		{"controlplane and below: arrows", a.between},
		{"controlplane and below: imports", a.imports},
	} {
		fmt.Fprintf(out, "%-40s %v\n", row.what, row.value)
	}
	return nil
}

func command(dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir, c.Stderr = dir, os.Stderr
	return c.Run()
}

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}
