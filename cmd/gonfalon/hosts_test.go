package main

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// reportHost reports a host to a server.
func reportHost(t *testing.T, s *server, h api.HostReport) {
	t.Helper()
	client := &apiclient.Client{Endpoint: s.url, Token: s.adminToken}
	if err := client.ReportUsage(t.Context(), "default", api.Usage{Flags: map[string]api.FlagUsage{}, Host: &h}); err != nil {
		t.Fatal(err)
	}
}

func TestHosts(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("hosts").has(t, 0, "0 of 0 hosts serve revision")
	reportHost(t, s, api.HostReport{ID: "laptop-7", SDK: "go", Version: "0.2.0", Revision: 1000, Via: "stream"})
	reportHost(t, s, api.HostReport{ID: "late", SDK: "python", Revision: 1, Via: "poll"})
	s.run("hosts").has(t, 0, "laptop-7  go      0.2.0    1000", "late      python           1         poll", "1 of 2 hosts serve revision", "of default")
	late := s.run("hosts", "--late", "-o", "name").must(t)
	if late != "late\n" {
		t.Errorf("late are %q", late)
	}
	s.stop()
}
