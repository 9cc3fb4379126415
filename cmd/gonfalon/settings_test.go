package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

func TestPrecedence(t *testing.T) {
	config := file(t, "gonfalon.yaml", "listen: 0.0.0.0:1\ndata-dir: from-file\nrate-limit: 5\nallow-origins: [https://a.example, https://b.example]\nendpoint: http://elsewhere:1\n")
	t.Setenv("GONFALON_DATA_DIR", "from-environment")
	t.Setenv("GONFALON_RATE_LIMIT", "7")
	out := gonfalon(t, "serve", "--config", config, "--rate-limit", "9", "--print-config").must(t)
	for _, line := range []string{
		"listen: 0.0.0.0:1 # file",
		"data-dir: from-environment # environment",
		"rate-limit: 9 # flag",
		"allow-origins: ['https://a.example', 'https://b.example'] # file",
		"max-streams: 20000 # default",
		`etcd-password: "" # default`,
	} {
		if !strings.Contains(out, line+"\n") {
			t.Errorf("%q is not in\n%s", line, out)
		}
	}
	if strings.Contains(out, "endpoint:") || strings.Contains(out, "print-config:") {
		t.Errorf("it prints what is no setting of serve:\n%s", out)
	}
	t.Setenv("GONFALON_CONFIG", config)
	gonfalon(t, "serve", "--print-config").has(t, 0, "listen: 0.0.0.0:1 # file")
}

// TestMistypedVariables warns of what is nearly a setting, and of nothing that somebody else's variable may be.
func TestMistypedVariables(t *testing.T) {
	t.Setenv("GONFALON_RATELIMIT", "7")
	s := serve(t, "--in-memory")
	s.stop()
	if !strings.Contains(s.logs.String(), "this variable is no setting\" variable=GONFALON_RATELIMIT meant=GONFALON_RATE_LIMIT") {
		t.Error(s.logs)
	}
	c, _, err := newRoot().Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"GONFALON_TOKEN", "GONFALON_ENDPOINT", "GONFALON_CONFIG", "GONFALON_DATA_DIR", // settings of some command
		"GONFALON_SERVERS", "GONFALON_KEYRING", "GONFALON_LAST_GOOD", "GONFALON_ENVIRONMENT", "GONFALON_LIBRARY", "GONFALON_VERSION", "GONFALON_IMAGE",
		"GONFALON_SERVICE_HOST", "GONFALON_SERVICE_PORT", "GONFALON_SERVICE_PORT_HTTP", "GONFALON_PORT", "GONFALON_PORT_8080_TCP", "GONFALON_PORT_8080_TCP_ADDR",
		"GONFALON_PORT_8080_TCP_PORT", "GONFALON_PORT_8080_TCP_PROTO", "GONFALON_ETCD_SERVICE_HOST", "GONFALON_ETCD_PORT", "GONFALON_HEADLESS_PORT", "LISTENS",
	} {
		if found := mistyped(c, []string{name + "=1"}); len(found) > 0 {
			t.Errorf("%v", found)
		}
	}
}

// What --print-config prints is a file that gives the same settings.
func TestPrintConfigReadsBack(t *testing.T) {
	out := gonfalon(t, "serve", "--listen", "[::1]:9", "--allow-origins", "*", "--grace", "3s", "--print-config").must(t)
	var entries map[string]any
	if err := yaml.Unmarshal([]byte(out), &entries); err != nil {
		t.Fatal(err)
	}
	again := gonfalon(t, "serve", "--config", file(t, "printed.yaml", out), "--print-config").must(t)
	without := func(text string) string {
		for _, from := range []string{"default", "file", "flag"} {
			text = strings.ReplaceAll(text, " # "+from+"\n", "\n")
		}
		return text
	}
	if without(again) != without(out) {
		t.Errorf("it became\n%s\nfrom\n%s", again, out)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Setenv("GONFALON_ADMIN_TOKEN", "hush-hush-hush-hush")
	out := gonfalon(t, "serve", "--etcd-password", "hush", "--print-config").must(t)
	if strings.Contains(out, "hush") || strings.Count(out, "(set)") != 2 {
		t.Errorf("%s", out)
	}
}

func TestSettingsRefused(t *testing.T) {
	for _, c := range []struct{ config, env, says string }{
		{config: "listn: 0.0.0.0:1\n", says: `"listn", which is not a setting`},
		{config: "rate-limit: many\n", says: `the file's rate-limit: "many"`},
		{config: "listen: {port: 1}\n", says: "line 1: listen is neither a value nor a list"},
		{config: "listen: [\n", says: "settings: "},
		{config: "print-config: true\n", says: "not a setting"},
		{config: "max-streams: -5\n", says: `the file's max-streams: "-5"`},
		{env: "many", says: `GONFALON_RATE_LIMIT: "many"`},
		{env: "-1", says: `GONFALON_RATE_LIMIT: "-1"`},
	} {
		t.Run(c.says, func(t *testing.T) {
			if c.env != "" {
				t.Setenv("GONFALON_RATE_LIMIT", c.env)
			}
			gonfalon(t, "serve", "--config", file(t, "c.yaml", c.config), "--print-config").has(t, 2, c.says)
		})
	}
	gonfalon(t, "serve", "--config", "missing.yaml").has(t, 2, "missing.yaml")
}

// A value of a setting that makes no sense is refused before anything is opened. A setting with "" here takes any text, or
// the store is what refuses it.
func TestSettingsThatMakeNoSense(t *testing.T) {
	none := map[string]string{
		"admin-token": "aaaaaaaaaaaaaaaaaaaa", "allow-origins": "shop.example", "audit-retention": "-1h", "dashboard": "perhaps", "dashboard-actor-url": "javascript:{actor}",
		"dashboard-banner": "\a", "dashboard-colors": "red", "dashboard-path": "/v1", "dashboard-production": "a/b", "dashboard-read-only": "perhaps", "data-dir": "", "etcd-ca": "", "etcd-cert": "",
		"etcd-endpoints": "", "etcd-key": "", "etcd-password": "", "etcd-prefix": "", "etcd-quota": "-1", "etcd-username": "", "grace": "-1s",
		"in-memory": "perhaps", "listen": "nowhere", "log-format": "xml", "log-level": "loud", "max-event-streams": "0", "max-streams": "-5",
		"public-url": "flags.example", "rate-burst": "-3", "rate-limit": "-1", "replica": "", "seed": "perhaps", "tls-cert": "missing.pem",
		"tls-client-ca": "missing.pem", "tls-key": "missing.pem", "trusted-proxies": "10.0.0.0/99", "webhooks-allow-private": "perhaps",
	}
	ended, end := context.WithCancel(t.Context())
	end() // a server that starts in spite of its settings ends at once
	newServe().Flags().VisitAll(func(f *pflag.Flag) {
		value, known := none[f.Name]
		switch {
		case f.Annotations[isSetting] == nil || value == "" && known:
			return
		case !known:
			t.Errorf("--%s has no row here", f.Name)
			return
		}
		dir := filepath.Join(t.TempDir(), "data")
		args := []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dir, "--" + f.Name + "=" + value}
		var said strings.Builder
		code := run(ended, args, strings.NewReader(""), io.Discard, &said)
		if _, err := os.Stat(dir); code != 2 || !strings.Contains(said.String(), f.Name) || err == nil {
			t.Errorf("--%s=%s: exit status %d: %s", f.Name, value, code, said.String())
		}
	})
}
