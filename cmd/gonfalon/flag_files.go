package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// flagFiles are files of flags that are read as one set, so that a flag in one can require a flag in another.
type flagFiles struct {
	files    []flagFile
	has      map[string]int // the file that has "flag KEY" or "segment KEY"
	set      flagset.Set
	problems []fileProblem
}

type flagFile struct {
	name string
	text *flagset.Text // nil if it can't be read at all
}

type fileProblem struct {
	file string // empty if it is a problem of no file alone
	flagset.Problem
	unread bool // something stands there that the set doesn't have
}

// extensions are those of the files that are read of a directory.
var extensions = []string{".yaml", ".yml", ".json"}

// readFlagFiles reads files, the files of directories and everything below them, or standard input (-).
func readFlagFiles(c *cobra.Command, args []string) (*flagFiles, error) {
	var names []string
	for _, arg := range args {
		below, err := filesBelow(arg)
		if err != nil {
			return nil, err
		}
		if arg == "-" && slices.Contains(names, "-") {
			return nil, usagef("standard input is named twice, and is read once")
		}
		names = append(names, below...)
	}
	all := &flagFiles{has: map[string]int{}}
	settled := ""
	for _, name := range names {
		data, err := readInput(c, name)
		if err != nil {
			return nil, err
		}
		data, problem := inUTF8(data)
		if problem != nil {
			all.files = append(all.files, flagFile{name, nil})
			all.problems = append(all.problems, fileProblem{name, *problem, true})
			continue
		}
		document := flagset.ReadDocument(data)
		all.files = append(all.files, flagFile{name, document.Text})
		for _, p := range document.Problems {
			if !p.Missing { // which another file may have
				all.problems = append(all.problems, fileProblem{name, p, slices.Contains(document.Unread, p)})
			}
		}
		for _, f := range document.Set.Flags {
			all.has["flag "+f.Key] = len(all.files) - 1
			all.set.Flags = append(all.set.Flags, f)
		}
		for _, s := range document.Set.Segments {
			all.has["segment "+s.Key] = len(all.files) - 1
			all.set.Segments = append(all.set.Segments, s)
		}
		if conflict := document.Set.Settings.GroupConflict; conflict != "" {
			if settled != "" && all.set.Settings.GroupConflict != conflict {
				all.problems = append(all.problems, fileProblem{name, flagset.Problem{Pointer: "/settings/group_conflict",
					Detail: fmt.Sprintf("it is %s here, and %s in %s", conflict, all.set.Settings.GroupConflict, settled)}, true})
			}
			all.set.Settings.GroupConflict, settled = conflict, name
		}
	}
	all.set = *all.set.Sorted()
	all.references()
	order := map[string]int{}
	for i, f := range all.files {
		order[f.name] = i
	}
	slices.SortStableFunc(all.problems, func(a, b fileProblem) int { return cmp.Or(order[a.file]-order[b.file], a.Line-b.Line) })
	return all, nil
}

// references adds the problems between the flags of all files. Each file has told of its own already, but for what is
// missing in it.
func (a *flagFiles) references() {
	problems := flagset.ValidateReferences(&a.set)
	problems = slices.DeleteFunc(problems, func(p flagset.Problem) bool { return len(a.files) == 1 && !p.Missing })
	places := make([]flagset.Place, len(problems))
	for i, p := range problems {
		places[i] = flagset.Place{Flag: p.Flag, Segment: p.Segment, Pointer: p.Pointer}
	}
	for i, at := range a.locate(places) {
		problems[i].Line = at.line
		if p := (fileProblem{at.file, problems[i], false}); !slices.Contains(a.problems, p) {
			a.problems = append(a.problems, p)
		}
	}
}

// whole returns what stands in the files and isn't in the set, or is twice, as an error; nil if the set is all of it.
func (a *flagFiles) whole() error {
	return a.refusing(func(p fileProblem) bool {
		return p.unread || p.Severity == flagset.Error && p.Pointer == "/key"
	})
}

// refused returns the problems for which the files can't be stored beside what is there already; nil if there are none.
func (a *flagFiles) refused(have *flagset.Set) error {
	return a.refusing(func(p fileProblem) bool {
		there := p.Missing && (have.Flag(missing(&a.set, p.Problem)) != nil || have.Segment(missing(&a.set, p.Problem)) != nil)
		return p.Severity != flagset.Warning && !there
	})
}

// refusing returns some of the problems as an error, up to as many as a person mends at once; nil if there are none.
func (a *flagFiles) refusing(which func(fileProblem) bool) error {
	var all []error
	for _, p := range a.problems {
		if len(all) < flagset.MaxProblems && which(p) {
			all = append(all, fmt.Errorf("%s: %s", p.file, p.Problem))
		}
	}
	if len(all) > 0 {
		return refusal{errors.Join(all...)}
	}
	return nil
}

// location is a line of a file.
type location struct {
	file string
	line int
}

// locate returns where the places are. A flag that is in two files is taken for that of the last one.
func (a *flagFiles) locate(places []flagset.Place) []location {
	found := make([]location, len(places))
	byFile := make([][]int, len(a.files))
	for i, p := range places {
		file, there := a.has["flag "+p.Flag]
		if p.Flag == "" {
			file, there = a.has["segment "+p.Segment]
		}
		if there {
			byFile[file] = append(byFile[file], i)
		}
	}
	for file, list := range byFile {
		in := make([]flagset.Place, len(list))
		for i, at := range list {
			in[i] = places[at]
		}
		for i, line := range a.files[file].text.Lines(in) {
			found[list[i]] = location{a.files[file].name, line}
		}
	}
	return found
}

// filesBelow returns a file itself, and of a directory the files of flags in it, in the order of their names. None that has flags
// is passed over in silence, unless it is hidden: --prune would delete them.
func filesBelow(name string) ([]string, error) {
	if name == "-" {
		return []string{name}, nil
	}
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return []string{name}, err
	}
	var names []string
	err := fs.WalkDir(os.DirFS(name), ".", func(inside string, entry fs.DirEntry, err error) error {
		path := filepath.Join(name, inside)
		hidden := inside != "." && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir() || hidden:
			return nil
		}
		flags := slices.Contains(extensions, filepath.Ext(path))
		switch info, err := os.Stat(path); {
		case err != nil && flags:
			return err
		case err == nil && info.IsDir(): // skipped, its flags would be pruned
			return troublef("%s is a link to a directory, which isn't followed: name that itself", path)
		case flags && !info.Mode().IsRegular():
			return troublef("%s is no regular file", path)
		case flags:
			names = append(names, path)
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = troublef("%s has no file of flags: their names end in %s", name, strings.Join(extensions, ", "))
	}
	return names, err
}
