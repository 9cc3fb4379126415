package httpapi_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// operation is the part of a path's operation that the tests look at.
type operation struct {
	OperationID string `json:"operationId"`
	Parameters  []struct {
		Ref  string `json:"$ref"`
		Name string `json:"name"`
		In   string `json:"in"`
	} `json:"parameters"`
	RequestBody any   `json:"requestBody"`
	Security    []any `json:"security"`
}

// operations returns the operations of the document that the server serves, and its parameters of queries.
func operations(t *testing.T, f *fixture) (found map[string]operation, parameters map[string]string) {
	t.Helper()
	var d struct {
		OpenAPI    string                                `json:"openapi"`
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Parameters map[string]struct{ Name, In string } `json:"parameters"`
		} `json:"components"`
	}
	f.want(http.StatusOK, f.do("", "GET", "/openapi.json", nil)).into(t, &d)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi is %q", d.OpenAPI)
	}
	found, parameters = map[string]operation{}, map[string]string{}
	for name, p := range d.Components.Parameters {
		if p.In == "query" {
			parameters["#/components/parameters/"+name] = p.Name
		}
	}
	for path, item := range d.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var o operation
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			found[strings.ToUpper(method)+" "+path] = o
		}
	}
	return found, parameters
}

var pathParam = regexp.MustCompile(`:([a-z]+)`)

func TestDocumentIsValid(t *testing.T) {
	v, err := document()
	if err != nil {
		t.Fatal(err)
	}
	if ok, failed := v.ValidateDocument(); !ok {
		t.Error(describe(failed))
	}
}

// TestDocumentMatchesRoutes checks that exactly the routes are described, with their query, their body and whether they
// need a token.
func TestDocumentMatchesRoutes(t *testing.T) {
	f := open(t, httpapi.Config{})
	operations, parameters := operations(t, f)
	for _, r := range httpapi.Routes() {
		name := r.Method + " " + pathParam.ReplaceAllString(r.Path, "{$1}")
		o, ok := operations[name]
		if !ok {
			t.Errorf("%s is not described", name)
			continue
		}
		delete(operations, name)
		if o.OperationID == "" {
			t.Errorf("%s has no operationId", name)
		}
		if open := o.Security != nil && len(o.Security) == 0; open != (r.Permit == "") {
			t.Errorf("%s: needs a token %t, described %t", name, r.Permit != "", !open)
		}
		if (o.RequestBody != nil) != (r.Limit > 0) {
			t.Errorf("%s: reads a body %t, described %t", name, r.Limit > 0, o.RequestBody != nil)
		}
		var query []string
		for _, p := range o.Parameters {
			if q := parameters[p.Ref]; q != "" {
				query = append(query, q)
			} else if p.In == "query" {
				query = append(query, p.Name)
			}
		}
		if r.Query == "*" {
			continue
		}
		known := strings.Fields(r.Query)
		slices.Sort(known)
		slices.Sort(query)
		if !slices.Equal(known, query) {
			t.Errorf("%s: parameters %v, described %v", name, known, query)
		}
	}
	for name := range operations {
		t.Errorf("%s is described, but no route", name)
	}
}
