package gonfalon_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// flags are what `gonfalon compile` would read from a file.
const flags = `flags:
  - key: new_checkout
    gates:
      - {type: group, target: staff, enabled: true}
      - {type: percentage_of_actors, ratio: 0.25}
  - key: export
    gates:
      - {type: rule, constraints: [{attribute: plan, operator: in, values: [pro, team]}]}
  - key: button
    gates:
      - {type: boolean, enabled: true}
      - type: variant
        variants:
          - {name: control, weight: 1, payload: {colour: grey, label: Buy}}
          - {name: bold, weight: 1, payload: {colour: red, label: Buy now}}
`

// compiled is a snapshot of them.
func compiled() []byte {
	set, problems := flagset.ParseYAML([]byte(flags))
	if len(problems) > 0 {
		panic(flagset.Err(problems))
	}
	data, problems := snapshot.Compile(snapshot.Header{Environment: gonfalon.DefaultEnvironment, Revision: 7}, &set, snapshot.Strict)
	if len(problems) > 0 {
		panic(flagset.Err(problems))
	}
	return data
}

// open returns a client of a snapshot, without a server.
func open() *gonfalon.Client {
	client, err := gonfalon.New(context.Background(), gonfalon.Config{Bootstrap: compiled(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	return client
}

// A program that carries its flags needs no server. A server's address goes into Config.Endpoint instead.
func Example() {
	client, err := gonfalon.New(context.Background(), gonfalon.Config{Bootstrap: compiled(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	fmt.Println(client.State())
	fmt.Println(client.Enabled("new_checkout", gonfalon.For("user:3"), gonfalon.InGroups("staff")))
	fmt.Println(client.Enabled("export", gonfalon.For("user:3"), gonfalon.With("plan", "free")))
	fmt.Println(client.Enabled("no_such_flag", gonfalon.Default(true)))
	// Output:
	// READY
	// true
	// false
	// false
}

// The number 42 is the same actor as the text. A boolean is nobody, who has no place among the actors.
func ExampleFor() {
	client := open()
	defer client.Close()

	for _, who := range []gonfalon.Option{gonfalon.For("42"), gonfalon.For(42), gonfalon.For(42.0), gonfalon.For(true)} {
		d := client.Decide("new_checkout", who)
		fmt.Printf("%.4f\n", d.Score)
	}
	fmt.Println(client.Stats().Unreadable)
	// Output:
	// 0.6282
	// 0.6282
	// 0.6282
	// -1.0000
	// 1
}

// An actor always gets the same variant. Its payload carries what differs, so that the code needn't know the variants' names.
func ExampleClient_Variant() {
	client := open()
	defer client.Close()

	button := struct{ Colour, Label string }{"grey", "Buy"} // shown if there is no such flag
	client.PayloadObject("button", &button, gonfalon.For("user:2"))
	fmt.Println(client.Variant("button", gonfalon.For("user:2"), gonfalon.Default("control")), button.Colour, button.Label)
	fmt.Println(client.Variant("button", gonfalon.Default("control"))) // no actor, no variant
	// Output:
	// bold red Buy now
	// control
}

func ExampleClient_Decide() {
	client := open()
	defer client.Close()

	d := client.Decide("new_checkout", gonfalon.For("user:3"), gonfalon.InGroups("staff"))
	fmt.Println(d.Enabled, d.Reason, d.Path(), d.Revision)
	// Output: true TARGETING_MATCH group/staff 7
}

func ExampleClient_Explain() {
	client := open()
	defer client.Close()

	x := client.Explain("new_checkout", gonfalon.For("user:3"))
	for _, step := range x.Steps {
		fmt.Println(step.Gate, step.Outcome)
	}
	fmt.Println(x.Enabled, x.Reason)
	// Output:
	// group no
	// boolean no
	// percentage_of_actors no
	// false DEFAULT
}

// A prepared context is built once, and asked about as often as you like without an allocation.
func ExamplePrepare() {
	client := open()
	defer client.Close()

	visitor := gonfalon.Prepare(gonfalon.For("user:3"), gonfalon.With("plan", "pro"))
	fmt.Println(client.Enabled("export", visitor), client.Enabled("new_checkout", visitor))
	// Output: true false
}

// customer is the shop's own type: it knows its id and its groups.
type customer struct {
	id    string
	staff bool
}

func (c customer) ActorID() string { return c.id }

func (c customer) InGroup(name string) bool { return name == "staff" && c.staff }

// A middleware puts the customer into the request's context. Handlers needn't know it, and get the same answers all through the
// request, even if a flag changes meanwhile.
func ExampleRemember() {
	client := open()
	defer client.Close()

	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, client.Enabled("new_checkout", gonfalon.From(r.Context())), client.Enabled("export", gonfalon.From(r.Context())))
	})
	withCustomer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := customer{id: "user:3", staff: true}
		page.ServeHTTP(w, r.WithContext(gonfalon.Remember(r.Context(), gonfalon.For(who), gonfalon.With("plan", "free"))))
	})

	w := httptest.NewRecorder()
	withCustomer.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil))
	fmt.Print(w.Body)
	// Output: true false
}

// Without a server, flags can be in a file that `gonfalon compile` wrote. It is read again when it changes.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "flags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "flags.snapshot")
	if err := os.WriteFile(path, compiled(), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	client, err := gonfalon.New(context.Background(), gonfalon.Config{Source: gonfalon.File(path), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.State(), client.Keys())
	// Output: READY [button export new_checkout]
}

// A program can embed the control plane: no server, no HTTP. With etcdstore in place of memstore the flags survive a restart.
func ExampleInProcess() {
	ctx := context.Background()
	quiet := slog.New(slog.DiscardHandler)
	store := memstore.New()
	defer store.Close()
	plane, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer plane.Close()
	client, err := gonfalon.New(ctx, gonfalon.Config{Source: gonfalon.InProcess(plane.Watch), Logger: quiet})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	changed := make(chan gonfalon.Event, 16)
	defer client.Subscribe(func(e gonfalon.Event) { changed <- e })()
	if _, err := plane.Enable(ctx, "default", "new_checkout", flagset.ForActor("user:42"), controlplane.WriteOptions{By: "me"}); err != nil {
		fmt.Println(err)
		return
	}
	for e := range changed {
		if e.Kind == gonfalon.FlagsChanged && len(e.Flags) > 0 {
			fmt.Println(e.Flags)
			break
		}
	}
	fmt.Println(client.Enabled("new_checkout", gonfalon.For("user:42")), client.Enabled("new_checkout", gonfalon.For("user:43")))
	// Output:
	// [new_checkout]
	// true false
}

// A hook is called with each evaluation, on the caller's goroutine.
func ExampleHook() {
	client, err := gonfalon.New(context.Background(), gonfalon.Config{
		Bootstrap: compiled(),
		Logger:    slog.New(slog.DiscardHandler),
		Hooks: []gonfalon.Hook{{Evaluated: func(e gonfalon.Evaluation) {
			fmt.Println(e.Actor, "was served", e.Decision.Variant)
		}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	client.Variant("button", gonfalon.For("user:2"))
	// Output: user:2 was served bold
}
