package docs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long all commands of a page may take together.
const patience = 2 * time.Minute

// TestCommands runs the commands of each page in their order, in a fresh folder, as somebody does who pastes them. A block sh
// must succeed. What stands below a command of a block console must be what it says: "…" stands for any text, and on a line of
// its own for any lines.
func TestCommands(t *testing.T) {
	binary := build(t)
	ran := 0
	for _, p := range pages(t) {
		s := script{}
		for _, b := range p.blocks {
			s.add(b)
		}
		if s.commands == 0 {
			continue
		}
		ran += s.commands
		t.Run(strings.ReplaceAll(p.path, "/", " "), func(t *testing.T) {
			t.Parallel()
			s.run(t, p, binary)
		})
	}
	if ran < 20 {
		t.Errorf("only %d commands were found", ran)
	}
}

// build builds the command, unless GONFALON_BIN names one.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bin", "gonfalon")
	if given := os.Getenv("GONFALON_BIN"); given != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(given, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../cmd/gonfalon").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// script is what bash runs for a page.
type script struct {
	text     strings.Builder
	commands int
	says     []saying
	greeting string // that the page says the server has; "": it doesn't say
}

// saying is what a page says that a command answers.
type saying struct {
	block         block
	command, want string
	typed         string // what a person types when it asks
}

var asked = regexp.MustCompile(`(\[y/N\]) (\w+)`)

// add adds what a block has.
func (s *script) add(b block) {
	if b.notRun != "" {
		return
	}
	switch {
	case b.file != "":
		fmt.Fprintf(&s.text, "mkdir -p \"$(dirname %[1]q)\"; cat > %[1]q <<'END OF FILE'\n%[2]sEND OF FILE\n", b.file, b.text)
	case b.language == "sh":
		s.commands++
		fmt.Fprintf(&s.text, "echo '── line %d'\n%s\n", b.line, b.text)
	case b.language == "console":
		for _, part := range strings.Split("\n"+b.text, "\n$ ")[1:] {
			command, want, _ := strings.Cut(part, "\n")
			if command == "make run" {
				s.greeting = want
				continue
			}
			for strings.HasSuffix(command, "\\") {
				var more string
				more, want, _ = strings.Cut(want, "\n")
				command += "\n" + more
			}
			typed := ""
			if m := asked.FindStringSubmatch(want); m != nil {
				typed, want = m[2], asked.ReplaceAllString(want, "$1")
			}
			s.commands++
			fmt.Fprintf(&s.text, "echo '── line %d'\n{\n%s\n} >\"$SAID/%d\" 2>&1 <<<'%s' || [ $? -eq 1 ]\n", b.line, command, len(s.says), typed)
			s.says = append(s.says, saying{b, command, want, typed})
		}
	}
}

// run runs the commands of a page.
func (s *script) run(t *testing.T, p page, binary string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	home, folder, said := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.Symlink(filepath.Dir(binary), filepath.Join(folder, "bin")); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "SAID=" + said,
		"GONFALON_SERVERS=" + filepath.Join(home, "servers.yaml"), "GONFALON_KEYRING=off", "NO_COLOR=1", "LC_ALL=C.UTF-8", "COLUMNS=160",
	}
	server := strings.NewReplacer() // of the address and the tokens on the page by those of the server
	text, stdin := strings.ReplaceAll(s.text.String(), "/var/lib/shop", folder), ""
	if p.serves {
		greeting := serve(t, binary, env, strings.Fields(p.server))
		address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(greeting)
		admin := regexp.MustCompile(`gfn_admin_[A-Z0-9]+`).FindString(greeting)
		client := regexp.MustCompile(`gfn_client_[A-Z0-9]+`).FindString(greeting)
		server = strings.NewReplacer("127.0.0.1:8080", address, "localhost:8080", address, "https://flags.example.com", "http://"+address, "gfn_admin_…", admin, "gfn_client_…", client)
		text = server.Replace(text)
		want := regexp.MustCompile(`ready in .* s`).ReplaceAllString(server.Replace(s.greeting), "ready in … s")
		if want != "" && !matches(want, greeting) {
			t.Errorf("%s: the server says\n%s\nand not\n%s", p.path, greeting, want)
		}
		stdin = admin + "\n"
		login := exec.CommandContext(ctx, binary, "login", "http://"+address)
		login.Env, login.Stdin = env, strings.NewReader(stdin)
		if out, err := login.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	file := filepath.Join(home, "script")
	if err := os.WriteFile(file, []byte("set -eu -o pipefail\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	bash := exec.CommandContext(ctx, "bash", file)
	bash.Dir, bash.Env, bash.Stdin = folder, env, strings.NewReader(stdin)
	group(bash)
	var out bytes.Buffer
	bash.Stdout, bash.Stderr = &out, &out
	err := bash.Run()
	last := ""
	for i, one := range s.says {
		answer, missing := os.ReadFile(filepath.Join(said, fmt.Sprint(i)))
		got := string(answer)
		if missing == nil {
			last = got
		}
		if missing != nil || !matches(server.Replace(one.want), got) {
			t.Errorf("%s:%d: $ %s\nsays\n%s\nand not\n%s", p.path, one.block.line, one.command, got, one.want)
			break // what follows rests on it
		}
	}
	if err != nil {
		t.Errorf("%s: %v after the line of the last command:\n%s%s", p.path, err, out.Bytes(), last)
	}
}

// serve starts a server on a free port, waits for its greeting, and ends it with the test.
func serve(t *testing.T, binary string, env, args []string) string {
	t.Helper()
	server := exec.CommandContext(t.Context(), binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	server.Dir, server.Env = t.TempDir(), env
	var log bytes.Buffer
	server.Stderr = &log
	group(server)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Cancel()
		_ = server.Wait()
	})
	greeting := ""
	for lines := bufio.NewReader(out); !strings.Contains(greeting, "/v1/envs -H ") && !strings.Contains(greeting, "-d '"); {
		line, err := lines.ReadString('\n')
		greeting += line
		if err != nil {
			t.Fatalf("serve ended: %v\n%s%s", err, greeting, log.Bytes())
		}
	}
	return greeting
}

// group lets the end of a command be that of all that it started.
func group(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
}

// matches reports whether a text is as a page says.
func matches(want, got string) bool {
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	for line := range strings.Lines(strings.TrimSpace(want)) {
		if line = strings.TrimSpace(line); line == "…" {
			pattern.WriteString(`.*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `[^\n]*`) + `[^\n]*\s*`)
	}
	pattern.WriteString(`\z`)
	text := strings.ReplaceAll(strings.TrimSpace(got), "\u202f", " ")
	return regexp.MustCompile(strings.ReplaceAll(pattern.String(), "\u202f", " ")).MatchString(text)
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"on at revision …", "on at revision 4 of default\n", true},
		{"on at revision …", "off at revision 4\n", false},
		{"a\n…\nd", "a\nb\nc\nd", true},
		{"a\n…\nd", "a\nb\nc", false},
		{"a", "a\nb", false},
		{"", "error", false},
		{"…", "", true},
	} {
		if matches(c.want, c.got) != c.same {
			t.Errorf("%q and %q", c.want, c.got)
		}
	}
}
