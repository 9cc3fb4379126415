package deploy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// runImage starts what an image starts, asks it for a decision, and ends it as containers are ended.
func runImage(t *testing.T, root string, config imageConfig) {
	t.Helper()
	env := append([]string{}, config.Config.Env...)
	env = append(env, "GONFALON_LISTEN=127.0.0.1:0", "GONFALON_LOG_FORMAT=text")
	arguments := append(append([]string{}, config.Config.Entrypoint[1:]...), config.Config.Cmd...)
	program := config.Config.Entrypoint[0]
	server := exec.Command(program, arguments...)
	server.Dir = "/data"
	if os.Getuid() == 0 {
		server.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	} else {
		server.Path, server.Dir = filepath.Join(root, program), root
		env = append(env, "GONFALON_DATA_DIR="+filepath.Join(root, "data"))
	}
	server.Env = env
	greeting, log := start(t, server)
	base := "http://" + regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(greeting)
	client := regexp.MustCompile(`gfn_client_[A-Z0-9]+`).FindString(greeting)
	ask := func(method, path, body string) string {
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+client)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s %v", path, answer.StatusCode, text, err)
		}
		return string(text)
	}
	ask(http.MethodGet, "/readyz", "")
	var decision struct{ Value bool }
	text := ask(http.MethodPost, "/ofrep/v1/evaluate/flags/new_checkout", `{"context": {"targetingKey": "user:3", "groups": ["staff"]}}`)
	if err := json.Unmarshal([]byte(text), &decision); err != nil || !decision.Value {
		t.Errorf("the decision is %s", text)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("at SIGTERM: %v\n%s", err, log.Bytes())
	}
}

// start starts a server, and returns what it says when it is ready, and its log. The server ends with the test.
func start(t *testing.T, server *exec.Cmd) (greeting string, log *bytes.Buffer) {
	t.Helper()
	log = new(bytes.Buffer)
	server.Stderr = log
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended
		_ = server.Wait()
	})
	for lines := bufio.NewReader(out); !strings.Contains(greeting, "-d '"); {
		line, err := lines.ReadString('\n')
		if greeting += line; err != nil {
			_ = server.Wait()
			t.Fatalf("serve ended: %v\n%s%s", err, greeting, log.Bytes())
		}
	}
	return greeting, log
}
