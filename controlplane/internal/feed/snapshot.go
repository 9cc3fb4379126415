package feed

import (
	"bytes"
	"compress/gzip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Snapshot is an environment at one revision, in the form that hosts receive. It is immutable and shared. Its bytes and
// everything else derived from it are made once, when they are first asked for.
type Snapshot struct {
	state   *model.State
	formats Formats
	format  *Format // of the bytes

	othersMu sync.Mutex
	others   []*Snapshot // of the same state, in the other formats, in the order of formats; nil where nobody asked for one yet

	bytesOnce sync.Once
	bytes     []byte
	err       error
	size      atomic.Int64 // the size of bytes, once they are made

	gzipOnce sync.Once
	gzip     []byte

	engineOnce sync.Once
	engine     *engine.Snapshot
	engineErr  error

	framesMu sync.Mutex
	frames   map[engine.Position]*Frame // by the position of their base; the zero position stands for a whole snapshot
}

// NewSnapshot returns the snapshot of a state, in the oldest of the formats.
func NewSnapshot(st *model.State, formats Formats) *Snapshot {
	return &Snapshot{state: st, formats: formats, format: &formats[0]}
}

// In returns the snapshot in a format, or nil if that isn't written.
func (p *Snapshot) In(format int) *Snapshot {
	if p.format.Number == format {
		return p
	}
	for i := range p.formats {
		if p.formats[i].Number != format {
			continue
		}
		p.othersMu.Lock()
		defer p.othersMu.Unlock()
		if p.others == nil {
			p.others = make([]*Snapshot, len(p.formats))
		}
		if p.others[i] == nil {
			p.others[i] = &Snapshot{state: p.state, formats: p.formats, format: &p.formats[i]}
		}
		return p.others[i]
	}
	return nil
}

// State returns the environment that the snapshot shows.
func (p *Snapshot) State() *model.State { return p.state }

// Size returns the size of the bytes, or 0 if nobody asked for them yet.
func (p *Snapshot) Size() int { return int(p.size.Load()) }

// Assemble makes the bytes, if that was not done before.
func (p *Snapshot) Assemble() error {
	p.bytesOnce.Do(func() {
		p.bytes, p.err = p.format.Assemble(p.state.Header(), p.state.Compiled())
		p.size.Store(int64(len(p.bytes)))
		if p.err != nil {
			p.err = &api.Error{Code: api.Internal, Message: "the snapshot can't be assembled", Err: p.err}
		}
	})
	return p.err
}

// Bytes returns the snapshot's bytes, which engine/snapshot/FORMAT.md describes. They must not be changed.
func (p *Snapshot) Bytes() []byte { return p.bytes }

// Gzip returns the compressed bytes.
func (p *Snapshot) Gzip() []byte {
	p.gzipOnce.Do(func() {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(p.bytes) // to memory: it can't fail
		_ = w.Close()
		p.gzip = packed.Bytes()
	})
	return p.gzip
}

// ID returns the content id: the SHA-256 of everything before it.
func (p *Snapshot) ID() [32]byte { return p.format.ID(p.bytes) }

// Has reports whether the snapshot has a content id, as a host names it; the zero id stands for any.
func (p *Snapshot) Has(id [engine.IDBytes]byte) bool {
	return id == [engine.IDBytes]byte{} || p.Assemble() == nil && p.ID() == id
}

// Position returns the snapshot's lineage and revision, without the content id.
func (p *Snapshot) Position() engine.Position { return positionOf(p.state) }

// positionOf returns a state's position. It has no content id, since that depends on the format.
func positionOf(st *model.State) engine.Position {
	return engine.Position{Lineage: st.Head.LineageID(), Revision: st.Head.Revision}
}

// Environment returns the environment's key.
func (p *Snapshot) Environment() string { return p.state.Env }

// Applied returns when this replica applied the change that made the snapshot.
func (p *Snapshot) Applied() time.Time { return p.state.Applied }

// Settings returns the environment's settings.
func (p *Snapshot) Settings() flagset.Settings { return p.state.Head.Settings() }

// Engine returns the loaded snapshot, to decide by.
func (p *Snapshot) Engine() (*engine.Snapshot, error) {
	p.engineOnce.Do(func() {
		if p.engineErr = p.Assemble(); p.engineErr == nil {
			p.engine, p.engineErr = engine.Load(p.bytes)
		}
	})
	return p.engine, p.engineErr
}

// Flag returns a flag's document.
func (p *Snapshot) Flag(key string) (flagset.Flag, bool) {
	r := p.state.Flag(key)
	if r == nil || r.Read() != nil {
		return flagset.Flag{}, false
	}
	return r.Flag(), true
}
