package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

var retryField = regexp.MustCompile(`(?m)^retry: (\d+)$`)

// TestADrainSpreadsTheEndsOfStreams over the time that it has, and less if there are few; each stream was told how long
// to wait before it comes back.
func TestADrainSpreadsTheEndsOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, quiet := memstore.New(), slog.New(slog.DiscardHandler)
		defer store.Close()
		service, err := controlplane.Open(t.Context(), controlplane.Config{Store: store, AdminToken: adminToken, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		defer service.Close()
		api := httpapi.New(service, httpapi.Config{Logger: quiet})
		const hosts = 60
		var mu sync.Mutex
		var ends []time.Time
		retries := map[string]bool{}
		var all sync.WaitGroup
		for range hosts {
			all.Go(func() {
				request := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/envs/default/stream", nil)
				request.Header.Set("Authorization", "Bearer "+adminToken)
				answer := httptest.NewRecorder()
				api.ServeHTTP(answer, request)
				mu.Lock()
				defer mu.Unlock()
				ends = append(ends, time.Now())
				if m := retryField.FindStringSubmatch(answer.Body.String()); answer.Code != http.StatusOK || m == nil {
					t.Errorf("%d %s", answer.Code, answer.Body)
				} else {
					retries[m[1]] = true
				}
			})
		}
		synctest.Wait() // until all are open
		start := time.Now()
		const most = 500 * time.Millisecond
		<-api.DrainWithin(most)
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
		<-api.DrainWithin(time.Hour) // without streams it doesn't wait
		if time.Since(start) > most {
			t.Errorf("it took %v", time.Since(start))
		}
	})
}
