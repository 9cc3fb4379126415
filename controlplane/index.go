package controlplane

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// mostDescription is how many characters of a description an index has: about what a list can show.
const mostDescription = 100

// Index is an environment's index: an api.Index as compressed JSON. It changes with the environment's revision, and with
// nothing else, so usage isn't part of it.
type Index struct {
	Version string // differs for each revision
	Gzip    []byte // must not be changed
}

// Index returns an environment's index. As for all reads, an error has the code NotFound or Unavailable.
func (s *Service) Index(ctx context.Context, env string) (Index, error) {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return Index{}, err
	}
	return s.indexes.of(s.replica.View(), env).at(st)
}

// perEnvironment keeps something for each environment that somebody asked for. The zero value is empty.
type perEnvironment[T any] struct {
	mu  sync.Mutex
	all map[string]*T
}

// of returns what is kept for an environment, and forgets what was kept for those that are gone.
func (p *perEnvironment[T]) of(v *replica.View, env string) *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[string]*T{}
	}
	for key := range p.all {
		if v.State(key) == nil {
			delete(p.all, key)
		}
	}
	if p.all[env] == nil {
		p.all[env] = new(T)
	}
	return p.all[env]
}

// index is the index of one environment. Whoever asks first at a revision makes it, and the others wait.
type index struct {
	mu    sync.Mutex
	state *model.State
	index Index
	// flags holds what the last index has of flags that need no others, whose words depend on themselves alone.
	flags map[*model.Record][]byte
}

func (x *index) at(st *model.State) (Index, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state == st {
		return x.index, nil
	}
	var list []line
	kept := map[*model.Record][]byte{}
	for _, r := range st.Flags {
		unreadable := st.UnreadableRecord(snapshot.FlagRecord, r.Key()) != nil
		text := x.flags[r]
		if text == nil || unreadable {
			var err error
			if text, err = json.Marshal(indexed(st, r)); err != nil {
				return Index{}, err
			}
		}
		if len(r.Meta.Needs) == 0 && !unreadable {
			kept[r] = text
		}
		list = append(list, line{r.Key(), text})
	}
	for _, u := range st.Unreadable {
		if u.Kind == snapshot.FlagRecord && st.Flag(u.Key) == nil {
			text, err := json.Marshal(api.IndexFlag{Key: u.Key, State: api.StateUnreadable, OnFor: []string{}})
			if err != nil {
				return Index{}, err
			}
			list = append(list, line{u.Key, text})
		}
	}
	if len(st.Unreadable) > 0 {
		slices.SortFunc(list, func(a, b line) int { return strings.Compare(a.key, b.key) })
	}
	x.state, x.flags = st, kept
	x.index = Index{Version: st.Head.Version(st.Head.Revision), Gzip: packed(st.Head.Revision, list)}
	return x.index, nil
}

// line is a flag's part of an index.
type line struct {
	key  string
	text []byte
}

func packed(revision int64, list []line) []byte {
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	_, _ = fmt.Fprintf(w, `{"revision":%d,"flags":[`, revision) // to memory: it can't fail
	for i, l := range list {
		if i > 0 {
			_, _ = w.Write([]byte(","))
		}
		_, _ = w.Write(l.text)
	}
	_, _ = w.Write([]byte("]}\n"))
	_ = w.Close()
	return buffer.Bytes()
}

// indexed returns what an index has of a flag.
func indexed(st *model.State, r *model.Record) api.IndexFlag {
	x := api.IndexFlag{
		Key: r.Key(), State: api.StateUnreadable, OnFor: []string{}, Revision: r.Meta.Revision,
		Updated: stored.FromMicros(r.Meta.Updated).Truncate(time.Second), UpdatedBy: r.Meta.By, UpdatedOnBehalfOf: r.Meta.OnBehalfOf, Reason: r.Meta.Reason,
	}
	if st.UnreadableRecord(snapshot.FlagRecord, r.Key()) != nil || r.Read() != nil {
		return x
	}
	f := r.Flag()
	w := wordsIn(st, &f)
	x.State, x.Lead, x.OnFor = stateOf(&f), w.Lead, w.OnFor
	x.Description, x.Owner, x.Tags, x.Permanent = shortened(f.Description), f.Owner, f.Tags, f.Permanent
	for _, g := range f.Gates {
		if g.Type == flagset.Schedule {
			x.From, x.Until = text(g.From), text(g.Until)
		}
	}
	return x
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > mostDescription {
		return string(runes[:mostDescription-1]) + "…"
	}
	return text
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
