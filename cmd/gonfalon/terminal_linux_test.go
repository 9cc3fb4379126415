package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// screen is a process of the command on a terminal of its own.
type screen struct {
	t       *testing.T
	command *exec.Cmd
	master  *os.File
	text    *journal
	read    chan struct{} // closed when everything was read
}

// onScreen starts the command, or a shell, on a terminal of so many columns.
func onScreen(t *testing.T, columns uint16, command *exec.Cmd) *screen {
	t.Helper()
	master, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t, command, master, new(journal), make(chan struct{})}
	go func() {
		defer close(s.read)
		_, _ = io.Copy(s.text, master) // ends with the process
	}()
	t.Cleanup(func() {
		if command.ProcessState == nil {
			_ = command.Process.Kill()
			_ = command.Wait()
		}
		master.Close()
		<-s.read
	})
	return s
}

// onScreen runs a verb that asks the server on a terminal.
func (s *server) onScreen(columns uint16, extra []string, args ...string) *screen {
	s.t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(append(os.Environ(), asCommand+"=1", "TERM=xterm-256color", "GONFALON_ENDPOINT="+s.url, "GONFALON_TOKEN="+s.adminToken), extra...)
	return onScreen(s.t, columns, c)
}

// sees waits until a text is on the screen.
func (s *screen) sees(part string) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(s.text.String(), part); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%q isn't on the screen: %s", part, s.text)
		}
	}
}

func (s *screen) types(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.master, text); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the process and returns its exit status.
func (s *screen) ends() int {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- s.command.Wait() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		s.t.Fatalf("it goes on: %s", s.text)
	}
	<-s.read
	return s.command.ProcessState.ExitCode()
}

const ctrlC = "\x03"

// Ctrl-C ends every question at once, and nothing was done.
func TestCtrlCAtEachQuestion(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("envs", "create", "staging").must(t)
	token := strings.Fields(s.run("tokens", "list", "-o", "name").must(t))[1]
	hook, _, _ := strings.Cut(s.run("webhooks", "create", "chat", "https://chat.example/hook").must(t), "\n")
	s.run("segments", "put", file(t, "s.yaml", "segments: [{key: pro, constraints: [{attribute: plan, operator: in, values: [pro]}]}]")).must(t)
	before := s.run("export").must(t) + s.run("tokens", "list", "-o", "name").must(t) + s.run("webhooks", "list", "-o", "name").must(t) + s.run("envs", "list", "-o", "name").must(t)
	for _, args := range [][]string{
		{"flags", "delete", "new_checkout"}, {"flags", "kill", "new_checkout", "--preview"}, {"flags", "promote", "new_checkout", "--to", "staging"},
		{"segments", "delete", "pro"}, {"envs", "delete", "staging"}, {"tokens", "revoke", token}, {"webhooks", "delete", hook},
		{"apply", "-f", file(t, "flags.yaml", "flags: [{key: new}]")}, {"import", "bandera", "--from", toggles(t, "toggle"), "--table", "toggles"},
	} {
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			s.t = t
			p := s.onScreen(200, nil, args...)
			p.sees(" at " + s.url + "? [y/N] ")
			p.types(ctrlC)
			if code := p.ends(); code != exitNo {
				t.Errorf("exit status %d: %s", code, p.text)
			}
			p.sees("nothing was written")
		})
	}
	s.t = t
	if after := s.run("export").must(t) + s.run("tokens", "list", "-o", "name").must(t) + s.run("webhooks", "list", "-o", "name").must(t) + s.run("envs", "list", "-o", "name").must(t); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	s.stop()
}

func TestCtrlCEndsWatch(t *testing.T) {
	s := serve(t, "--in-memory")
	for _, args := range [][]string{{"watch"}, {"audit", "--follow"}} {
		p := s.onScreen(80, nil, args...)
		p.sees("default is at revision")
		s.run("flags", "enable", "seen", "--actor", args[0]).must(t)
		p.sees("seen")
		p.types(ctrlC)
		if code := p.ends(); code != exitDone {
			t.Errorf("%v: exit status %d: %s", args, code, p.text)
		}
	}
	s.stop()
}

// Every list fits the terminal, and has colours only where they are wanted.
func TestListsOnATerminal(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "create", "a_flag_with_a_long_name_that_goes_on", "--owner", "日本語チーム日本語チーム", "--description", strings.Repeat("a long description ", 10),
		"--tag", "one", "--tag", "two", "--reason", strings.Repeat("a long reason ", 10)).must(t)
	for _, most := range []uint16{40, 80, 200} {
		for _, args := range [][]string{{"flags", "list"}, {"audit"}, {"envs", "list"}, {"tokens", "list"}, {"status"}, {"hosts"}, {"explain", "new_checkout", "--actor", "u"}, {"flags", "list", "--tag", "nobody has"}} {
			p := s.onScreen(most, nil, args...)
			p.ends()
			for line := range strings.Lines(plainText(p.text.String())) {
				if n := columns.StringWidth(strings.TrimRight(line, "\r\n")); n > int(most) {
					t.Errorf("%v on %d columns: %d: %s", args, most, n, line)
				}
			}
		}
	}
	for _, c := range []struct {
		extra []string
		want  bool
	}{{[]string{"NO_COLOR="}, true}, {[]string{"NO_COLOR=1"}, false}, {[]string{"NO_COLOR=", "TERM=dumb"}, false}} {
		p := s.onScreen(80, c.extra, "flags", "list")
		p.ends()
		if got := strings.Contains(p.text.String(), "\x1b["); got != c.want {
			t.Errorf("%v: %q", c.extra, p.text)
		}
	}
	s.stop()
}

// plainText is a text without colours.
func plainText(text string) string {
	var b bytes.Buffer
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "\x1b[")
		b.WriteString(before)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "m")
	}
	return b.String()
}

// A shell completes verbs and names in the terminal of a person.
func TestCompletionInShells(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "enable", "a_rare_name").must(t)
	binary := t.TempDir() + "/gonfalon"
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec %s \"$@\"\n", asCommand, os.Args[0])
	if err := os.WriteFile(binary, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for shell, start := range map[string]struct {
		args  []string
		setup string
	}{
		"bash": {[]string{"--norc", "--noprofile", "-i"}, "source <(gonfalon completion bash)\n"},
		"zsh":  {[]string{"-f", "-i"}, "autoload -U compinit; compinit -u -D; source <(gonfalon completion zsh)\n"},
		"fish": {[]string{"--no-config", "--interactive"}, "gonfalon completion fish | source\n"},
	} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(shell + " isn't installed")
			}
			if shell == "bash" && exec.Command(path, "-c", ". /usr/share/bash-completion/bash_completion").Run() != nil {
				start.setup = "_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=(\"${COMP_WORDS[@]}\"); cword=$COMP_CWORD; }; " + start.setup
			} else if shell == "bash" {
				start.setup = ". /usr/share/bash-completion/bash_completion; " + start.setup
			}
			c := exec.Command(path, start.args...)
			c.Dir = t.TempDir()
			c.Env = append(os.Environ(), "PATH="+t.TempDir()+":"+strings.TrimSuffix(binary, "/gonfalon")+":"+os.Getenv("PATH"), "TERM=xterm", "HOME="+t.TempDir(),
				"GONFALON_ENDPOINT="+s.url, "GONFALON_TOKEN="+s.adminToken, "PS1=ready> ")
			p := onScreen(t, 200, c)
			p.types(start.setup + "echo se''t-up\n")
			p.sees("set-up")
			p.types("gonfalon flags ki\t")
			p.sees("kill")
			p.types("a_ra\t")
			p.sees("a_rare_name")
			p.types("\x15gonfalon flags promote 'a;touch ran' --to defa\t") // a name that others chose is never run
			p.sees("--to default")
			if _, err := os.Stat(c.Dir + "/ran"); err == nil {
				t.Error("completing ran what a name says")
			}
		})
	}
	s.stop()
}
