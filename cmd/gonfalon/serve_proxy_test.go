package main

import (
	"strings"
	"testing"
)

// TestPlainHTTPForOthersIsWarnedOf checks that a server which listens without TLS for more than this machine says so.
func TestPlainHTTPForOthersIsWarnedOf(t *testing.T) {
	for listen, want := range map[string]bool{"127.0.0.1:0": false, "0.0.0.0:0": true} {
		s := serve(t, "--in-memory", "--listen", listen)
		s.stop()
		if got := strings.Contains(s.logs.String(), "unencrypted"); got != want {
			t.Errorf("%s: warned %t\n%s", listen, got, s.logs)
		}
	}
}

// TestProxySettings checks what the settings about proxies refuse.
func TestProxySettings(t *testing.T) {
	for _, args := range [][]string{
		{"--trusted-proxies", "proxy.example"}, {"--trusted-proxies", "10.0.0.0/33"},
		{"--public-url", "flags.example"}, {"--public-url", "ftp://flags.example"}, {"--public-url", "https://flags.example/?a"},
	} {
		gonfalon(t, append([]string{"serve", "--in-memory", "--listen", "127.0.0.1:0"}, args...)...).has(t, 2, args[0])
	}
	s := serve(t, "--in-memory", "--trusted-proxies", "10.0.0.0/8,::1", "--public-url", "https://flags.example/api")
	s.stop()
}
