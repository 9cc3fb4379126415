package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// fullStore is a store that has only its reserve left.
type fullStore struct {
	*memstore.Store
	full atomic.Bool
}

func (s *fullStore) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	if s.full.Load() && !t.Urgent {
		return store.Result{}, store.ErrNoSpace
	}
	return s.Store.Commit(ctx, t)
}

// TestAFullStoreSaysWhatToDo, and kills, deletes and revokes all the same.
func TestAFullStoreSaysWhatToDo(t *testing.T) {
	db := &fullStore{Store: memstore.New()}
	t.Cleanup(func() { db.Close() })
	f := openOn(t, db, httpapi.Config{})
	for _, key := range []string{"a", "b"} {
		f.enable(key, flagset.Scope{})
	}
	token := f.token("viewer")
	db.full.Store(true)
	a := f.want(http.StatusServiceUnavailable, f.do(adminToken, "PUT", "/v1/envs/default/flags/c", `{"gates": []}`))
	if !strings.Contains(string(a.body), "only kills and deletions") || a.header.Get("Retry-After") != "60" {
		t.Errorf("it says %s, Retry-After %s", a.body, a.header.Get("Retry-After"))
	}
	f.want(http.StatusOK, f.do(adminToken, "POST", "/v1/envs/default/flags/a/kill", `{}`))
	f.want(http.StatusNoContent, f.do(adminToken, "DELETE", "/v1/envs/default/flags/b", nil))
	tokens, err := f.admin.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range tokens {
		if one.Role == "viewer" {
			f.want(http.StatusNoContent, f.do(adminToken, "DELETE", "/v1/tokens/"+one.ID, nil))
		}
	}
	f.want(http.StatusUnauthorized, f.do(token, "GET", "/v1/envs", nil))
}
