package examples

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// customer is the shop's own type: it knows its id and its groups.
type customer struct {
	id, plan string
	staff    bool
}

func (c customer) ActorID() string { return c.id }

func (c customer) InGroup(name string) bool { return name == "staff" && c.staff }

// withCustomer is the middleware: whoever handles the request asks for flags with gonfalon.From(r.Context()), and needs to know
// neither the customer nor what was answered before.
func withCustomer(customers map[string]customer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := customers[r.Header.Get("X-Customer")]
		ctx := gonfalon.Remember(r.Context(), gonfalon.For(who), gonfalon.With("plan", who.plan))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func page(flags *gonfalon.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from := gonfalon.From(r.Context())
		fmt.Fprintf(w, "checkout %t, export %t", flags.Enabled("new_checkout", from), flags.Enabled("export", from))
	}
}

func TestMiddleware(t *testing.T) {
	flags := flagtest.New(t)
	flags.Enable("new_checkout", flagtest.ForGroup("staff"))
	flags.Enable("export", flagtest.When("plan", "in", "pro", "team"))
	customers := map[string]customer{"ann": {id: "customer:1", plan: "free", staff: true}, "bob": {id: "customer:2", plan: "pro"}}
	shop := withCustomer(customers, page(flags.Client))
	for name, want := range map[string]string{"ann": "checkout true, export false", "bob": "checkout false, export true"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("X-Customer", name)
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, r)
		if got := w.Body.String(); got != want {
			t.Errorf("%s sees %q, want %q", name, got, want)
		}
	}
}
