package httpapi_test

import (
	"bufio"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestADrainSpreadsTheEndsOfStreams over the time that it has, and less if there are few; each stream was told how long
// to wait before it comes back.
func TestADrainSpreadsTheEndsOfStreams(t *testing.T) {
	f := open(t, httpapi.Config{})
	const hosts = 60
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	var mu sync.Mutex
	var ends []time.Time
	retries := map[string]bool{}
	var began, all sync.WaitGroup
	began.Add(hosts)
	for range hosts {
		all.Go(func() {
			request, err := http.NewRequestWithContext(t.Context(), "GET", f.server.URL+"/v1/envs/default/stream", nil)
			if err != nil {
				t.Error(err)
			}
			request.Header.Set("Authorization", "Bearer "+adminToken)
			answer, err := client.Do(request)
			if err != nil {
				t.Error(err)
				began.Done()
				return
			}
			defer answer.Body.Close()
			lines := bufio.NewScanner(answer.Body)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				if wait, found := strings.CutPrefix(lines.Text(), "retry: "); found {
					mu.Lock()
					retries[wait] = true
					mu.Unlock()
				}
				if strings.HasPrefix(lines.Text(), "data: ") {
					began.Done()
				}
			}
			mu.Lock()
			ends = append(ends, time.Now())
			mu.Unlock()
		})
	}
	began.Wait()
	start := time.Now()
	const most = 500 * time.Millisecond
	select {
	case <-f.api.DrainWithin(most):
	case <-time.After(patience):
		t.Fatal("the drain doesn't end")
	}
	all.Wait()
	early, late := 0, 0
	for _, at := range ends {
		if at.Sub(start) < most/3 {
			early++
		} else if at.Sub(start) > most*2/3 {
			late++
		}
	}
	if len(ends) != hosts || early < hosts/6 || early > hosts/2 || late < hosts/6 {
		t.Errorf("%d of %d streams ended in the first third, %d in the last", early, len(ends), late)
	}
	if len(retries) < hosts/4 {
		t.Errorf("%d hosts were told only %d different waits", hosts, len(retries))
	}
	select {
	case <-f.api.DrainWithin(time.Hour):
	case <-time.After(patience):
		t.Error("a drain without streams waits")
	}
}
