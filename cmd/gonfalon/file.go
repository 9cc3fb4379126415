package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// maxInput bounds a file. The control plane takes a quarter of it.
const maxInput = 64 << 20

// readText reads a file of text, without the mark that some editors begin one with.
func readText(c *cobra.Command, name string) ([]byte, error) {
	text, err := readInput(c, name)
	if err != nil {
		return nil, err
	}
	text, problem := inUTF8(text)
	if problem != nil {
		return nil, refusef("%s: %s", name, *problem)
	}
	return text, nil
}

// inUTF8 returns text without its mark, or where and why it isn't text in UTF-8. Reading flags would take other characters for
// bytes that aren't, and can't say where a control character is.
func inUTF8(text []byte) ([]byte, *flagset.Problem) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return nil, &flagset.Problem{Line: 1, Detail: "this is UTF-16, not UTF-8", Hint: "save it as UTF-8"}
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		detail := ""
		switch {
		case r == utf8.RuneError && size == 1:
			detail = fmt.Sprintf("the byte 0x%02X isn't UTF-8", text[at])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r':
			detail = fmt.Sprintf("it has the control character U+%04X", r)
		}
		if detail != "" {
			return nil, &flagset.Problem{Line: lineAt(text, at), Detail: detail, Hint: "the file must be text in UTF-8"}
		}
		at += size
	}
	return text, nil
}

// lineAt returns the line of a byte. Lines may end as on any system.
func lineAt(text []byte, at int) int {
	before := text[:at]
	return 1 + bytes.Count(before, []byte("\n")) + bytes.Count(before, []byte("\r")) - bytes.Count(before, []byte("\r\n"))
}

// readInput reads a file; - is standard input. On a terminal it says what it waits for.
func readInput(c *cobra.Command, name string) ([]byte, error) {
	in := openInput(c, name)
	defer in.Close()
	if name != "-" {
		defer waitFor(c, name)()
	}
	return bounded(in, name)
}

// openInput returns what reads a file, which reading it opens; - is standard input. Ctrl-C ends each read. Nothing can end the
// read of a pipe, so its goroutine may last until the process ends, which is then at once.
func openInput(c *cobra.Command, name string) io.ReadCloser {
	r, w := io.Pipe()
	context.AfterFunc(c.Context(), func() { w.CloseWithError(troublef("interrupted while reading %s", name)) })
	go func() {
		if name == "-" {
			_, err := io.Copy(w, c.InOrStdin())
			w.CloseWithError(err)
			return
		}
		f, err := os.Open(name)
		if err == nil {
			_, err = io.Copy(w, f)
			err = closeAfter(f, err)
		}
		w.CloseWithError(err)
	}()
	return r
}

// readFile reads a file that somebody set up, such as a certificate.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, name)
}

func bounded(from io.Reader, name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxInput {
		return nil, troublef("%s has more than %d MiB", name, maxInput>>20)
	}
	return text, nil
}

// inFile names the file in the problems for which the control plane refused it.
func inFile(name string, err error) error {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		nameFile(name, refused.Errors)
		if refused.Status == http.StatusRequestEntityTooLarge {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return err
}

// nameFile names the file in problems, and sorts them as they stand in it.
func nameFile(name string, problems []api.Problem) {
	inOrder(problems)
	for i := range problems {
		if problems[i].File == "" {
			problems[i].File = name
		}
	}
}

// inOrder sorts problems as they stand in their files. One of no part of a file, such as that there are more, is the last.
func inOrder(problems []api.Problem) {
	last := func(p api.Problem) int {
		if p.Flag+p.Segment+p.Pointer == "" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(problems, func(a, b api.Problem) int {
		return cmp.Or(last(a)-last(b), strings.Compare(a.File, b.File), a.Line-b.Line)
	})
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
	switch name {
	case "":
		return usagef("-o is empty: it is the file to write, or - for standard output")
	case "-":
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
	if failed, is := errors.AsType[*fs.PathError](err); is {
		failed.Path = name // which is the one that somebody knows
	}
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
