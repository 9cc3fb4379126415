package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// comment is a comment at GitHub.
type comment struct {
	ID   int               `json:"id"`
	Body string            `json:"body"`
	User map[string]string `json:"user"`
}

// fakeGitHub keeps the comments of pull request 7 as GitHub does, in pages. It refuses to write if readOnly is set.
type fakeGitHub struct {
	comments []comment
	readOnly bool
	writes   int
}

func (g *fakeGitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sent comment
	if r.Method != http.MethodGet {
		if r.Header.Get("Authorization") != "Bearer of-github" || g.readOnly {
			http.Error(w, `{"message": "Resource not accessible by integration"}`, http.StatusForbidden)
			return
		}
		g.writes++
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || len(sent.Body) > 65536 {
			http.Error(w, `{"message": "Validation Failed"}`, http.StatusUnprocessableEntity)
			return
		}
	}
	const list = "/repos/shop/flags/issues/7/comments"
	answer := []comment{}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == list:
		var page int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page) // 0 is refused below
		if page < 1 || r.URL.Query().Get("per_page") != "100" {
			http.Error(w, "{}", http.StatusUnprocessableEntity)
			return
		}
		if from := (page - 1) * 100; from < len(g.comments) {
			answer = g.comments[from:min(from+100, len(g.comments))]
		}
	case r.Method == http.MethodPost && r.URL.Path == list:
		g.comments = append(g.comments, comment{len(g.comments), sent.Body, map[string]string{"login": "github-actions[bot]"}})
	case r.Method == http.MethodPatch:
		var id int
		if _, err := fmt.Sscanf(r.URL.Path, "/repos/shop/flags/issues/comments/%d", &id); err != nil || id >= len(g.comments) {
			http.NotFound(w, r)
			return
		}
		g.comments[id].Body = sent.Body
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone needs no answer
}

// TestAction runs what the action runs, with a real server of flags and comments as GitHub keeps them.
func TestAction(t *testing.T) {
	program := binary(t)
	server := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--in-memory")
	greeting, _ := start(t, server)
	hub := new(fakeGitHub)
	for i := range 120 { // so that the action's is on the second page
		hub.comments = append(hub.comments, comment{i, "<!-- gonfalon: default -->\nnot the action's", map[string]string{"login": "somebody"}})
	}
	api := httptest.NewServer(hub)
	defer api.Close()

	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	event := write("event.json", `{"pull_request": {"number": 7}}`)
	review := func(flags string, more ...string) (status int, said string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), "python3", "action/review.py")
		c.Env = append(os.Environ(), "GONFALON="+program, "GONFALON_ENDPOINT=http://"+regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(greeting),
			"GONFALON_TOKEN="+regexp.MustCompile(`gfn_admin_[A-Z0-9]+`).FindString(greeting), "FILES="+write("flags.yaml", flags), "ENVIRONMENT=default",
			"GITHUB_API_URL="+api.URL, "GITHUB_REPOSITORY=shop/flags", "GITHUB_TOKEN=of-github", "GITHUB_EVENT_PATH="+event,
			"GITHUB_STEP_SUMMARY="+filepath.Join(folder, "summary.md"))
		c.Env = append(c.Env, more...)
		out, _ := c.CombinedOutput() // its status is looked at
		return c.ProcessState.ExitCode(), string(out)
	}

	hostile := "flags:\n  - key: evil\n    description: \"```\\n@everyone <img src=x> [a](https://evil.example)\\n````\\n::error::mine\"\n    gates:\n      - {type: boolean, enabled: true}\n"
	if status, said := review(hostile); status != 0 || strings.Contains(said, "\n::error") {
		t.Fatalf("the action ends with %d: %s", status, said)
	}
	if len(hub.comments) != 121 {
		t.Fatalf("there are %d comments", len(hub.comments))
	}
	first := hub.comments[120].Body
	for _, part := range []string{"would change:", "create flag evil", "Whose decisions", "everyone else: off → on", "Lint says"} {
		if !strings.Contains(first, part) {
			t.Errorf("the comment has no %q:\n%s", part, first)
		}
	}
	if outside := outsideCode(first); strings.Contains(outside, "@") || strings.Contains(outside, "evil") {
		t.Errorf("outside of blocks of code the comment has\n%s", outside)
	}

	if status, said := review("flags:\n  - key: calm\n    gates:\n      - {type: boolean, enabled: true}\n"); status != 0 || hub.writes != 2 || len(hub.comments) != 121 {
		t.Errorf("again: %d after %d writes, %d comments: %s", status, hub.writes, len(hub.comments), said)
	}
	if body := hub.comments[120].Body; body == first || !strings.Contains(body, "calm") {
		t.Errorf("the comment isn't written over:\n%s", body)
	}
	var many strings.Builder // of which every text is longer than a comment has room for
	many.WriteString("flags:\n")
	for i := range 400 {
		fmt.Fprintf(&many, "  - {key: f%d, gates: [{type: actor, target: \"%s%d\", enabled: true}]}\n", i, strings.Repeat("😀`", 100), i)
	}
	status, said := review(many.String())
	if body := hub.comments[120].Body; status != 0 || strings.Contains(outsideCode(body), "😀") || strings.Count(body, "… the rest is in the job's log") != 2 || !strings.Contains(said, "380 more flags not looked at") {
		t.Errorf("the comment about many is\n%s", body)
	}
	if status, said := review("flags:\n  - key: bad\n    gates: 5\n"); status != 1 || !strings.Contains(hub.comments[120].Body, "can't be told") {
		t.Errorf("files that can't be read: %d %s\n%s", status, said, hub.comments[120].Body)
	}
	if status, said := review(hostile, "ENVIRONMENT=a --> b"); status != 1 || !strings.Contains(said, "is not the name of one") {
		t.Errorf("an environment's name that ends the mark: %d %s", status, said)
	}
	hub.readOnly = true
	if status, said := review(hostile); status != 0 || !strings.Contains(said, "::warning::GitHub refused") {
		t.Errorf("a token that only reads: %d %s", status, said)
	}
}

// outsideCode returns what a text of Markdown has outside of fenced blocks.
func outsideCode(text string) string {
	var outside []string
	fence := ""
	for _, line := range strings.Split(text, "\n") {
		run := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(run) >= 3:
			fence = run
		case fence != "" && len(run) >= len(fence) && strings.Trim(line, "` ") == "":
			fence = ""
		case fence == "":
			outside = append(outside, line)
		}
	}
	return strings.Join(outside, "\n")
}
