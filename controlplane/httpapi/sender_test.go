package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/schema_validation"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// newReceiver returns a receiver of deliveries. Each delivery must be as openapi.yaml describes it.
func newReceiver(t *testing.T, received chan<- *http.Request, bodies chan<- []byte) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asDescribed(t, r, body)
		received <- r
		bodies <- body
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// asDescribed fails the test if openapi.yaml doesn't allow a delivery.
func asDescribed(t *testing.T, r *http.Request, body []byte) {
	d, err := document()
	if err != nil {
		t.Error(err)
		return
	}
	checking.Lock()
	defer checking.Unlock()
	if ok, failed := schema_validation.NewSchemaValidator(config.WithFormatAssertions()).ValidateSchemaBytes(d.delivery, body); !ok {
		t.Errorf("openapi.yaml doesn't allow the delivery:\n%sIt begins with %q", describe(failed), clip(body))
	}
	for _, header := range []string{"X-Gonfalon-Delivery", "X-Gonfalon-Event", "X-Gonfalon-Signature"} {
		if r.Header.Get(header) == "" {
			t.Errorf("a delivery lacks %s", header)
		}
	}
}

// signed checks a delivery's signature, as a receiver does.
func signed(secret string, r *http.Request, body []byte) bool {
	header := r.Header.Get("X-Gonfalon-Signature")
	stamp, _, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
	at, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && header == httpapi.Signature(secret, time.Unix(at, 0), body)
}

func TestSender(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status == http.StatusFound {
			w.Header().Set("Location", "http://example.org/")
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	d := api.Delivery{ID: "d1", Webhook: api.Webhook{Name: "w", URL: server.URL, Secret: "secret"}}
	if err := httpapi.NewSender(httpapi.SenderConfig{}).Send(t.Context(), d); err == nil || !strings.Contains(err.Error(), "not public") {
		t.Errorf("a private address: %v", err)
	}
	open := httpapi.NewSender(httpapi.SenderConfig{AllowPrivate: true})
	for _, status = range []int{http.StatusOK, http.StatusNoContent} {
		if err := open.Send(t.Context(), d); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	for _, status = range []int{http.StatusFound, http.StatusBadRequest, http.StatusInternalServerError} {
		if err := open.Send(t.Context(), d); err == nil {
			t.Errorf("%d is taken for a success", status)
		}
	}
}

func TestPrivateAddresses(t *testing.T) {
	sender := httpapi.NewSender(httpapi.SenderConfig{})
	for _, address := range []string{
		"127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost",
		"100.100.100.200", "168.63.129.16", "[::127.0.0.1]", "[fec0::1]", "[2001:0:7f00:1::]", "[64:ff9b:1::1]",
		"[::ffff:0:7f00:1]", "[5f00::1]",
		"[fec0::1%25lo]", "[64:ff9b::7f00:1%25lo]", "[2002:7f00:1::%25lo]", "[::7f00:1%25lo]", "[::ffff:0:7f00:1%25lo]", // with a zone
	} {
		err := sender.Send(t.Context(), api.Delivery{Webhook: api.Webhook{Name: "w", URL: "http://" + address + ":9/"}})
		if err == nil || !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
