package gonfalon

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

var update = flag.Bool("update", false, "write the recorded sessions anew")

const recordings = "../../testdata/sessions"

// session is a file of ../../testdata/sessions; ../../testdata/README.md describes them.
type session struct {
	About     string `json:"about"`
	Bootstrap []byte `json:"bootstrap,omitempty"`
	Steps     []step `json:"steps"`
}

type step struct {
	Connect  *connect `json:"connect,omitempty"`
	Send     string   `json:"send,omitempty"`
	Snapshot []byte   `json:"snapshot,omitempty"`
	Close    bool     `json:"close,omitempty"`
	Expect   *expect  `json:"expect,omitempty"`

	Supersedes *bool    `json:"supersedes,omitempty"`
	Changed    []string `json:"changed,omitempty"`
}

type connect struct {
	LastEventID string `json:"last_event_id"`
}

type expect struct {
	State     string     `json:"state"`
	Revision  *int64     `json:"revision,omitempty"`
	Lineage   string     `json:"lineage,omitempty"`
	Refused   int64      `json:"refused"`
	Decisions []question `json:"decisions,omitempty"`
}

type question struct {
	Flag       string         `json:"flag"`
	Actor      *string        `json:"actor,omitempty"`
	Groups     []string       `json:"groups,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
	Now        int64          `json:"now"`
	Roll       string         `json:"roll"`

	Enabled bool    `json:"enabled"`
	Variant *string `json:"variant"`
	Value   any     `json:"value"`
	Reason  string  `json:"reason"`
	Error   string  `json:"error"`
}

func (q *question) ask(t *testing.T, c *Client) {
	t.Helper()
	if q.Roll == "" {
		q.Roll = "0"
	}
	roll, err := strconv.ParseUint(q.Roll, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	opts := []Option{Attributes(q.Attributes), At(time.UnixMicro(q.Now)), Roll(roll)}
	if q.Actor != nil {
		opts = append(opts, For(*q.Actor))
	}
	if q.Groups != nil {
		opts = append(opts, InGroups(q.Groups...))
	}
	d := c.Decide(q.Flag, opts...)
	r := d.Resolve()
	q.Enabled, q.Variant, q.Value, q.Reason, q.Error = d.Enabled, nil, r.Value, r.Reason, r.Error
	if d.Variant != "" {
		q.Variant = &d.Variant
	}
}

func (s *session) replay(t *testing.T) {
	p := newPlane(t)
	c, err := New(t.Context(), Config{Endpoint: p.URL, Token: "token", Bootstrap: s.Bootstrap, Logger: quiet, ReadyWithin: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	changes := make(chan []string, len(s.Steps)*2)
	defer c.Subscribe(func(e Event) {
		if e.Kind == FlagsChanged {
			changes <- e.Flags
		}
	})()
	var stream *connection
	for i, step := range s.Steps {
		switch {
		case step.Connect != nil:
			stream = p.connection(t)
			if stream.lastEventID != step.Connect.LastEventID {
				t.Errorf("step %d: it resumes from %q, want %q", i, stream.lastEventID, step.Connect.LastEventID)
			}
		case step.Send != "":
			stream.text(t, step.Send)
		case step.Snapshot != nil:
			p.set(func() { p.snapshot = step.Snapshot })
		case step.Supersedes != nil:
			p.set(func() { p.supersedes = *step.Supersedes })
		case step.Changed != nil:
			select {
			case flags := <-changes:
				if !slices.Equal(flags, step.Changed) {
					t.Errorf("step %d: %q can decide differently, want %q", i, flags, step.Changed)
				}
			case <-time.After(patience):
				t.Fatalf("step %d: no event", i)
			}
		case step.Close:
			stream.close()
		case step.Expect != nil:
			s.compare(t, c, i, step.Expect)
		}
	}
}

func (s *session) compare(t *testing.T, c *Client, i int, want *expect) {
	t.Helper()
	seen := func() *expect {
		stats := c.Stats()
		got := &expect{State: c.State().String(), Refused: stats.Refused, Decisions: want.Decisions}
		if info, ok := c.Info(); ok {
			got.Revision, got.Lineage = &info.Position.Revision, hex.EncodeToString(info.Position.Lineage[:])
		}
		return got
	}
	deadline := time.Now().Add(10 * time.Second)
	for got := seen(); !reflect.DeepEqual(got, want); got = seen() {
		if time.Now().After(deadline) {
			t.Fatalf("step %d: it is %+v, want %+v", i, got, want)
		}
		time.Sleep(time.Millisecond)
	}
	for _, q := range want.Decisions {
		got := q
		got.ask(t, c)
		if string(encoded(t, got)) != string(encoded(t, q)) {
			t.Errorf("step %d: %s\nwant %s", i, encoded(t, got), encoded(t, q))
		}
	}
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRecorded(t *testing.T) {
	made := record(t)
	for name, s := range made {
		path, text := filepath.Join(recordings, name+".json"), encoded(t, s)
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, text) {
			t.Errorf("%s is not what the test makes (%v): make golden", path, err)
		}
	}
	files, err := filepath.Glob(recordings + "/*.json")
	if err != nil || len(files) != len(made) {
		t.Errorf("%d files of %d sessions (%v)", len(files), len(made), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s session
			d := json.NewDecoder(bytes.NewReader(data))
			d.DisallowUnknownFields()
			d.UseNumber()
			if err := d.Decode(&s); err != nil {
				t.Fatal(err)
			}
			s.replay(t)
		})
	}
}

// record makes the sessions.
func record(t *testing.T) map[string]*session {
	rich := append(append([]string{}, flags...),
		`{"key": "killed", "killed": true, "gates": [{"type": "boolean", "enabled": true}]}`,
		`{"key": "killed-variants", "killed": true, "gates": [{"type": "variant", "variants": [{"name": "a", "weight": 1}]}]}`,
		`{"key": "killed-off", "killed": true, "off_variant": "a", "gates": [{"type": "variant", "variants": [{"name": "a", "weight": 1, "payload": 7}]}]}`,
		`{"key": "weights", "gates": [{"type": "variant", "variants": [{"name": "a", "weight": 1, "payload": 0.5}, {"name": "b", "weight": 1, "payload": 5.0}]}]}`,
		`{"key": "segment", "gates": [{"type": "segment", "target": "adults", "enabled": true}]}`,
		`segment {"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [18]}]}`)
	one, two, three, four := compiled(t, 1, rich...), compiled(t, 2, append(rich, `{"key": "two", "gates": [{"type": "boolean", "enabled": true}]}`)...), compiled(t, 3, flagOn, flagHero), compiled(t, 4, flagOn)
	again := compiledIn(t, snapshot.Header{Environment: DefaultEnvironment, Lineage: lineage('b'), Revision: 1}, flagOff)
	elsewhere := compiledIn(t, snapshot.Header{Environment: "staging", Lineage: lineage('a'), Revision: 9}, flagOn)
	event := func(kind string, frame []byte) step { return step{Send: eventText(t, kind, frame)} }
	opened := func(id string) step { return step{Connect: &connect{id}} }
	is := func(state State, data []byte, refused int64, questions ...question) step {
		e := &expect{State: state.String(), Refused: refused}
		if data != nil {
			c, err := New(t.Context(), Config{Bootstrap: data, Logger: quiet, ReadyWithin: -1})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			info, _ := c.Info()
			e.Revision, e.Lineage = &info.Position.Revision, hex.EncodeToString(info.Position.Lineage[:])
			for _, q := range questions {
				q.ask(t, c)
				e.Decisions = append(e.Decisions, q)
			}
		}
		return step{Expect: e}
	}
	at := func(data []byte) string {
		return strings.Repeat("61", 16) + fmt.Sprintf("-%d-%x", revisionOf(t, data), data[len(data)-engine.IDBytes:])
	}
	superseding := func(on bool) step { return step{Supersedes: &on} }
	changed := func(flags ...string) step { return step{Changed: flags} }
	offline, offlineToo := compiledIn(t, snapshot.Header{Environment: DefaultEnvironment}, flagHero), compiledIn(t, snapshot.Header{Environment: DefaultEnvironment}, flagOff)
	low, altered := compiled(t, 2, flagOff), compiled(t, 2, flagHero)
	family := func(revision int64, age, root, more string) []byte {
		return compiled(t, revision, `segment {"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [`+age+`]}]}`,
			`{"key": "root", "gates": [{"type": "boolean", "enabled": `+root+`}]}`,
			`{"key": "child", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "root", "enabled": true}]}`,
			`{"key": "grandchild", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "child", "enabled": false}]}`,
			`{"key": "user", "gates": [{"type": "segment", "target": "adults", "enabled": true}]}`,
			`{"key": "user-child", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "user", "enabled": true}]}`,
			`{"key": "alone", "gates": [{"type": "boolean", "enabled": `+more+`}]}`)
	}
	f1, f2, f3, f4 := family(1, "18", "true", "true"), family(2, "18", "false", "true"), family(3, "21", "false", "true"), family(4, "18", "true", "false")
	odd1, odd2, odd3 := strange(t, 1, "18", flagset.DenyWins), strange(t, 2, "21", flagset.DenyWins), strange(t, 3, "21", flagset.AllowWins)
	broken := bytes.Clone(three)
	broken[len(broken)/2] ^= 1
	beat := step{Send: "event: heartbeat\n\n"}
	return map[string]*session{
		"first": {About: "A client that has nothing takes the first snapshot and makes decisions of every kind.", Steps: []step{
			opened(""), is(NotReady, nil, 0), event("snapshot", one), is(Ready, one, 0, questions()...),
		}},
		"deltas": {About: "Deltas follow a snapshot; comments, unknown events and heartbeats change nothing.", Steps: []step{
			opened(""), event("snapshot", one), is(Ready, one, 0), {Send: ": a comment\n\nevent: later\ndata: x\n\n"}, event("delta", delta(t, one, two)),
			is(Ready, two, 0, question{Flag: "two"}), beat, event("delta", delta(t, two, three)), is(Ready, three, 0, question{Flag: "two"}, question{Flag: "on"}),
		}},
		"resume": {About: "A client whose stream ends resumes where it was, and is told what it missed.", Steps: []step{
			opened(""), event("snapshot", one), is(Ready, one, 0), {Close: true}, opened(at(one)), event("delta", delta(t, one, two)), is(Ready, two, 0), {Close: true},
			opened(at(two)), beat, is(Ready, two, 0, question{Flag: "on"}),
		}},
		"bootstrap": {About: "A bootstrap answers until the stream does, which says nothing if it is current.", Bootstrap: two, Steps: []step{
			opened(at(two)), beat, is(Ready, two, 0), event("delta", delta(t, two, three)), is(Ready, three, 0),
		}},
		"broken": {About: "Frames that are broken, older, of another environment or in no form change nothing; what came before goes on serving.", Steps: []step{
			{Snapshot: two}, opened(""), event("snapshot", two), is(Ready, two, 0, question{Flag: "two"}),
			event("snapshot", one), is(Ready, two, 1), event("snapshot", broken), is(Ready, two, 2), event("snapshot", elsewhere), is(Ready, two, 3),
			{Send: "event: snapshot\nid: " + at(three) + "\ndata: %%%\n\n"}, is(Ready, two, 4),
			{Send: "event: delta\nid: " + at(three) + "\ndata: lQ==\n\n"}, is(Ready, two, 5),
			{Send: "event: snapshot\nid: " + at(three) + "\ndata: " + base64.StdEncoding.EncodeToString(three[:len(three)-1]) + "\n\n"}, is(Ready, two, 6, question{Flag: "two"}),
			event("snapshot", three), is(Ready, three, 6),
		}},
		"base": {About: "A delta for another snapshot is refused, and a whole one is fetched.", Steps: []step{
			{Snapshot: three}, opened(""), event("snapshot", one), is(Ready, one, 0), event("delta", delta(t, two, three)), is(Ready, three, 1), event("delta", delta(t, three, four)), is(Ready, four, 1),
		}},
		"lineage": {About: "Another lineage is taken at once, however low its revision, and so is the way back.", Steps: []step{
			opened(""), event("snapshot", four), is(Ready, four, 0, question{Flag: "on"}), event("snapshot", again), is(Ready, again, 0, question{Flag: "on"}, question{Flag: "off"}),
			event("snapshot", one), is(Ready, one, 0),
		}},
		"offline": {About: "A snapshot without a lineage, as one compiled from a file, is taken at once, after any other and after another of its kind.", Steps: []step{
			opened(""), event("snapshot", four), changed("on"), is(Ready, four, 0), event("snapshot", offline), changed("hero", "on"), is(Ready, offline, 0, question{Flag: "on"}),
			event("snapshot", offlineToo), changed("hero", "off"), is(Ready, offlineToo, 0, question{Flag: "hero"}, question{Flag: "off"}),
			event("snapshot", three), changed("hero", "off", "on"), is(Ready, three, 0, question{Flag: "on"}),
		}},
		"supersedes": {About: "A client that has what the control plane never had takes the first snapshot of a stream that says so, at a lower revision or at its own.", Steps: []step{
			opened(""), event("snapshot", four), changed("on"), is(Ready, four, 0), superseding(true), {Close: true},
			opened(at(four)), event("snapshot", low), changed("off", "on"), is(Ready, low, 0, question{Flag: "on"}), event("snapshot", compiled(t, 1, flagOn)), is(Ready, low, 1), {Close: true},
			opened(at(low)), event("snapshot", altered), changed("hero", "off"), is(Ready, altered, 1, question{Flag: "off"}), superseding(false), {Close: true},
			opened(at(altered)), event("snapshot", compiled(t, 1, flagOn)), is(Ready, altered, 2), event("snapshot", three), changed("on"), is(Ready, three, 2),
		}},
		"changes": {About: "A change of flags names every flag whose decision can differ: its own record, a segment that it uses, a flag that it requires through any number of others.", Steps: []step{
			opened(""), event("snapshot", f1), changed("alone", "child", "grandchild", "root", "user", "user-child"), event("delta", delta(t, f1, f2)), changed("child", "grandchild", "root"),
			event("delta", delta(t, f2, f3)), changed("user", "user-child"), event("snapshot", f4), changed("alone", "child", "grandchild", "root", "user", "user-child"), is(Ready, f4, 0),
		}},
		"strange": {About: "Flags whose records are of forms that no build has written yet are off, and keep nothing else from serving, or from being told.", Steps: []step{
			opened(""), event("snapshot", odd1), changed(keys(t, odd1)...), is(Ready, odd1, 0, question{Flag: "strange-0"}, question{Flag: "user", Attributes: map[string]any{"age": 18}}),
			event("delta", delta(t, odd1, odd2)), changed("user"), event("snapshot", odd3), is(Ready, odd3, 0, question{Flag: "user", Attributes: map[string]any{"age": 18}}),
		}},
	}
}

// strange returns a snapshot whose flags are of forms that no build has written yet, but for one with schedules that uses a segment.
func strange(t *testing.T, revision int64, age string, conflict flagset.GroupConflict) []byte {
	t.Helper()
	set := parsed(t, `segment {"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [`+age+`]}]}`,
		`{"key": "user", "gates": [{"type": "segment", "target": "adults", "enabled": true}, {"type": "schedule", "until": "2020-01-01T00:00:00Z"}]}`)
	segment, _ := snapshot.CompileSegment(&set.Segments[0], snapshot.Strict)
	user, _ := snapshot.CompileFlag(&set.Flags[0], snapshot.Strict)
	records := []snapshot.Record{segment, user}
	forms := []any{7, "text", nil, []any{}, map[string]int{"a": 1}, []any{0, 0, 0, 0}}
	for _, member := range []any{7, "text", nil, map[string]int{"a": 1}, map[int]int{0: 1}} {
		forms = append(forms, []any{0, 0, 0, 0, member, member, member, member, member, member})
	}
	for _, item := range []any{7, nil, "a", []any{}, []any{7, 7, 7}, map[string]int{"a": 1}} {
		members := []any{item, item}
		forms = append(forms, []any{0, 0, 0, 0, members, []any{}, members, members, members, members})
	}
	var one snapshot.Counts // with room for whatever the engine begins to read
	for i := range one {
		one[i] = 8
	}
	one[engine.CountFlags], one[engine.CountSegments] = 1, 0
	for i, form := range forms {
		body, err := msgpack.Marshal(form)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, snapshot.Record{Kind: snapshot.FlagRecord, Key: fmt.Sprintf("strange-%d", i), Body: body, Counts: one})
	}
	h := snapshot.Header{Environment: DefaultEnvironment, Lineage: lineage('a'), Revision: revision, Settings: flagset.Settings{GroupConflict: conflict}}
	data, err := snapshot.Assemble(h, records)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// keys returns the keys of a snapshot's flags, ascending.
func keys(t *testing.T, data []byte) []string {
	t.Helper()
	c, err := New(t.Context(), Config{Bootstrap: data, Logger: quiet, ReadyWithin: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Keys()
}

// revisionOf returns a snapshot's revision.
func revisionOf(t *testing.T, data []byte) int64 {
	t.Helper()
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return s.Revision()
}

// questions are of every row of the table in ../../README.md.
func questions() []question {
	me, other := "user:42", "user:1"
	now := inside.UnixMicro()
	return []question{
		{Flag: "on"}, {Flag: "off"}, {Flag: "nobody"}, {Flag: "actor"}, {Flag: "actor", Actor: &me}, {Flag: "actor", Actor: &other},
		{Flag: "group", Actor: &me, Groups: []string{"staff", "sales"}}, {Flag: "group", Groups: []string{"staff"}}, {Flag: "group", Actor: &me},
		{Flag: "child", Actor: &me, Groups: []string{"staff"}}, {Flag: "child", Actor: &me},
		{Flag: "half", Actor: &me}, {Flag: "half", Actor: &other}, {Flag: "half"}, {Flag: "time", Roll: "1"}, {Flag: "time", Roll: "18446744073709551615"}, {Flag: "time", Roll: "4"},
		{Flag: "rule", Attributes: map[string]any{"plan": "pro"}}, {Flag: "rule", Attributes: map[string]any{"plan": "free"}},
		{Flag: "segment", Attributes: map[string]any{"age": 18}}, {Flag: "segment", Attributes: map[string]any{"age": json.Number("17.5")}}, {Flag: "segment", Attributes: map[string]any{"age": json.Number("18.0")}},
		{Flag: "hero", Actor: &me}, {Flag: "hero"}, {Flag: "weights", Actor: &me}, {Flag: "weights", Actor: &other}, {Flag: "soon", Now: now}, {Flag: "soon"},
		{Flag: "killed", Actor: &me}, {Flag: "killed-variants", Actor: &me}, {Flag: "killed-off"},
	}
}
