package httpapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const onBehalfOf = "X-Gonfalon-On-Behalf-Of"

// bot creates a token that acts for others, and returns it.
func (f *fixture) bot(role api.Role) api.Token {
	f.t.Helper()
	t, err := f.admin.CreateToken(f.t.Context(), api.NewToken{Name: "ci", Role: role, ActsForOthers: true}, apiclient.WriteOptions{})
	if err != nil || !t.ActsForOthers {
		f.t.Fatalf("%+v %v", t, err)
	}
	return t
}

// TestOnBehalfOf: one token changes flags for several people, and whatever says who changed something says for whom.
func TestOnBehalfOf(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	received, bodies := make(chan *http.Request, 10), make(chan []byte, 10)
	if _, err := f.admin.CreateWebhook(ctx, api.NewWebhook{Name: "chat", URL: newReceiver(t, received, bodies), Envs: []string{"default"}}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	token := f.bot(api.RoleEditor)
	ci := f.client(token.Secret)
	events := follow(t, ci, "default", "")
	nextLive(t, events, api.LiveAt)
	const zoë = "Zoë O'Hara, 50% <zoe@example.org>"
	for _, name := range []string{"bob", zoë} {
		got, err := ci.Enable(ctx, "default", "x", flagset.ForActor(name), apiclient.WriteOptions{OnBehalfOf: name})
		if err != nil || got.UpdatedBy != "ci" || got.UpdatedOnBehalfOf != name {
			t.Fatalf("%+v %v", got, err)
		}
		if e := nextLive(t, events, api.LiveChange); e.Change.Actor != "ci" || e.Change.OnBehalfOf != name {
			t.Errorf("the stream says %+v", e.Change)
		}
		<-received
		var sent struct{ Entry api.AuditEntry }
		if err := json.Unmarshal(<-bodies, &sent); err != nil || sent.Entry.By != "ci" || sent.Entry.Token != token.ID || sent.Entry.OnBehalfOf != name {
			t.Errorf("a webhook is told %+v %v", sent, err)
		}
	}
	history, err := ci.History(ctx, "default", "x", apiclient.AuditQuery{OnBehalfOf: "bob"})
	if err != nil || len(history.Entries) != 1 || history.Entries[0].By != "ci" || history.Entries[0].Token != token.ID || history.Entries[0].OnBehalfOf != "bob" {
		t.Errorf("%+v %v", history, err)
	}
	var index api.Index
	f.want(http.StatusOK, f.do(token.Secret, "GET", "/v1/envs/default/index", nil)).into(t, &index)
	if len(index.Flags) != 1 || index.Flags[0].UpdatedBy != "ci" || index.Flags[0].UpdatedOnBehalfOf != zoë {
		t.Errorf("%+v", index)
	}
	_, err = ci.PutFlag(ctx, "default", flagset.Flag{Key: "x"}, apiclient.WriteOptions{OnBehalfOf: "bob", IfAbsent: true})
	if err == nil {
		t.Error("it was there already")
	}
	refused, err := f.admin.Failures(ctx, apiclient.AuditQuery{OnBehalfOf: "bob"})
	if err != nil || len(refused) != 1 || refused[0].By != "ci" || refused[0].Token != token.ID || refused[0].OnBehalfOf != "bob" {
		t.Errorf("%+v %v", refused, err)
	}
	if _, err := ci.Enable(ctx, "default", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := ci.Flag(ctx, "default", "x"); err != nil || got.UpdatedBy != "ci" || got.UpdatedOnBehalfOf != "" {
		t.Errorf("after a change for nobody else it is %+v %v", got, err)
	}
}

// TestOnBehalfOfTakesAPermission: no role has it by itself. Every route that changes something asks for it, and records
// a refusal.
func TestOnBehalfOfTakesAPermission(t *testing.T) {
	operations, _ := operations(t, open(t, httpapi.Config{}))
	for _, r := range httpapi.Routes() {
		described := false
		for _, p := range operations[r.Method+" "+pathParam.ReplaceAllString(r.Path, "{$1}")].Parameters {
			described = described || p.Ref == "#/components/parameters/onBehalfOf"
		}
		if described != (r.Action != "") {
			t.Errorf("%s %s: openapi.yaml has the header: %t", r.Method, r.Path, described)
		}
		if r.Action == "" {
			continue
		}
		t.Run(r.Method+" "+r.Path, func(t *testing.T) {
			f := open(t, httpapi.Config{}) // which has a budget of its own for records of refusals
			bot := f.bot(api.RoleAdmin).Secret
			last := func() api.FailedWrite {
				t.Helper()
				list, err := f.admin.Failures(t.Context(), apiclient.AuditQuery{})
				if err != nil || len(list) == 0 {
					t.Fatal(list, err)
				}
				return list[0]
			}
			const unreadable = `{"colour": "red"}`
			before, err := f.admin.Audit(t.Context(), apiclient.AuditQuery{})
			if err != nil {
				t.Fatal(err)
			}
			f.want(http.StatusForbidden, f.do(adminToken, r.Method, filled(r.Path), unreadable, onBehalfOf, "bob"))
			if got := last(); got.Action != r.Action || got.Code != api.Forbidden || got.OnBehalfOf != "" || got.Token == "" || !strings.Contains(got.Detail, `may not act for "bob"`) {
				t.Errorf("on record is %+v", got)
			}
			f.want(http.StatusBadRequest, f.do(bot, r.Method, filled(r.Path), unreadable, onBehalfOf, "bob"))
			if got := last(); got.Action != r.Action || got.OnBehalfOf != "bob" || got.By != "ci" {
				t.Errorf("of a token that acts for others, on record is %+v", got)
			}
			after, err := f.admin.Audit(t.Context(), apiclient.AuditQuery{})
			if err != nil || len(after.Entries) != len(before.Entries) {
				t.Errorf("a refused request changed something: %+v %v", after, err)
			}
		})
	}
	f := open(t, httpapi.Config{})
	f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs", nil, onBehalfOf, "bob")) // it changes nothing
}

// TestHostileOnBehalfOf: it is refused, and reaches no record and no log as it is.
func TestHostileOnBehalfOf(t *testing.T) {
	log := &lines{}
	f := open(t, httpapi.Config{Logger: slog.New(slog.NewTextHandler(log, nil))})
	bot := f.bot(api.RoleEditor).Secret
	for _, c := range []struct {
		name   string
		values []string
		status int
	}{
		{"nothing", []string{""}, 400},
		{"white space alone", []string{"%20"}, 422},
		{"white space at an end", []string{"ada%C2%A0"}, 422},
		{"10 KB", []string{strings.Repeat("a", 10<<10)}, 422},
		{"one byte too many", []string{strings.Repeat("%C3%AB", 128) + "a"}, 422},
		{"another header's line", []string{"ada%0D%0AX-Forged: 1"}, 422},
		{"another record's line", []string{"ada%0Aeve%20did%20it"}, 422},
		{"an escape code", []string{"%1B%5B2Jada"}, 422},
		{"NUL", []string{"a%00b"}, 422},
		{"a turn of direction", []string{url.PathEscape("ada\u202eeve")}, 422},
		{"a line separator", []string{url.PathEscape("ada\u2028eve")}, 422},
		{"two headers", []string{"ada", "eve"}, 400},
		{"the same twice", []string{"ada", "ada"}, 400},
		{"no UTF-8", []string{"%FF%FE"}, 400},
		{"no UTF-8 as it is", []string{"\xff"}, 400},
		{"no code", []string{"50% of them"}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), "POST", f.server.URL+"/v1/envs/default/flags/x/enable", strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Authorization": {"Bearer " + bot}, "Content-Type": {"application/json"}, onBehalfOf: c.values}
			got, err := f.http.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer got.Body.Close()
			var problem api.ProblemDocument
			if err := json.NewDecoder(got.Body).Decode(&problem); err != nil || got.StatusCode != c.status {
				t.Fatalf("%s: %+v %v", got.Status, problem, err)
			}
			list, err := f.admin.Failures(t.Context(), apiclient.AuditQuery{Limit: 1})
			if err != nil || len(list) != 1 || list[0].Action != "flag.enable" || list[0].By != "ci" {
				t.Fatal(list, err)
			}
			if said := list[0].OnBehalfOf + list[0].Detail + problem.Detail; strings.ContainsAny(said, "\x00\x1b\n\r\u202e\u2028") || !utf8.ValidString(said) || len(said) > 2_000 {
				t.Errorf("%q", said)
			}
		})
	}
	if page, err := f.admin.Flags(t.Context(), "default", apiclient.FlagQuery{}); err != nil || len(page.Flags) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	if text := log.String(); strings.ContainsAny(text, "\x00\x1b\r\u202e\u2028") || !utf8.ValidString(text) || strings.Contains(text, "\neve did it") || text == "" {
		t.Errorf("the log is %q", text)
	}
}
