package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// maxInput bounds a file. The control plane takes a quarter of it.
const maxInput = 64 << 20

// readInput reads a file; - is standard input. It ends at Ctrl-C. Nothing can end the read of a pipe, so its goroutine may last
// until the process ends, which is then at once.
func readInput(c *cobra.Command, name string) ([]byte, error) {
	type reading struct {
		text []byte
		err  error
	}
	done := make(chan reading, 1)
	go func() {
		text, err := readBounded(c.InOrStdin(), name)
		done <- reading{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-c.Context().Done():
		return nil, trouble{errors.New("interrupted")}
	}
}

func readBounded(from io.Reader, name string) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if len(text) > maxInput {
		return nil, refusef("%s has more than %d MiB", name, maxInput>>20)
	}
	return text, err
}

// inFile names the file in the problems for which the control plane refused it.
func inFile(name string, err error) error {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		nameFile(name, refused.Errors)
	}
	return err
}

// nameFile names the file in problems.
func nameFile(name string, problems []api.Problem) {
	for i := range problems {
		problems[i].File = name
	}
}

// located does what inFile does, and adds the line of each problem. what is the flag or the segment that was read from the file.
func located(name string, err error, text []byte, what flagset.Place) error {
	refused, is := errors.AsType[*apiclient.Error](err)
	if !is {
		return err
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		what = flagset.Place{} // the document is the flag
	}
	places := make([]flagset.Place, len(refused.Errors))
	for i, p := range refused.Errors {
		places[i] = flagset.Place{Flag: what.Flag, Segment: what.Segment, Pointer: p.Pointer}
	}
	document, _ := flagset.ReadText(text) // which has no problems, or it would not have been sent
	for i, line := range document.Lines(places) {
		refused.Errors[i].Line = line
	}
	return inFile(name, err)
}

// writeOutput fills a file that everybody may read; - is standard output.
func writeOutput(c *cobra.Command, name string, fill func(io.Writer) error) error {
	if name == "-" {
		return fill(c.OutOrStdout())
	}
	return replaceFile(name, 0o666, fill)
}

// replaceFile writes a file beside the one of that name, and puts it in its place only when it is whole and on the
// disk. What is there and not a regular file, such as a pipe, is written as it is.
func replaceFile(name string, mode os.FileMode, fill func(io.Writer) error) (err error) {
	if info, statErr := os.Stat(name); statErr == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return closeAfter(f, buffered(f, fill))
	}
	// Nobody who may write into the directory can guess the name, and what is there isn't followed. os.CreateTemp would do
	// the same, but without a mode.
	beside := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text())
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(beside)
		}
	}()
	if err = buffered(f, fill); err == nil {
		err = f.Sync()
	}
	if err = closeAfter(f, err); err != nil {
		return err
	}
	return os.Rename(beside, name)
}

func closeAfter(f *os.File, err error) error {
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func buffered(f *os.File, fill func(io.Writer) error) error {
	w := bufio.NewWriter(f)
	if err := fill(w); err != nil {
		return err
	}
	return w.Flush()
}
