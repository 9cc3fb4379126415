package controlplane

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Position is a point in an environment's history.
type Position struct {
	Lineage  [engine.LineageBytes]byte
	Revision int64
}

// String returns the lineage in hex, a dash, and the revision.
func (p Position) String() string {
	return hex.EncodeToString(p.Lineage[:]) + "-" + strconv.FormatInt(p.Revision, 10)
}

// ParsePosition reads what [Position.String] writes.
func ParsePosition(text string) (Position, bool) {
	var p Position
	lineage, revision, found := strings.Cut(text, "-")
	if !found || len(lineage) != 2*len(p.Lineage) {
		return Position{}, false
	}
	if _, err := hex.Decode(p.Lineage[:], []byte(lineage)); err != nil {
		return Position{}, false
	}
	n, err := strconv.ParseInt(revision, 10, 64)
	if err != nil || n < 0 {
		return Position{}, false
	}
	p.Revision = n
	return p, true
}

// Snapshot is an environment at one revision, in the form that hosts receive. It is immutable and shared. Its bytes and everything else
// derived from it are made once, when they are first asked for.
type Snapshot struct {
	state *state

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
	frames   map[Position]*Frame // by the host's position; the zero position stands for a whole snapshot
}

// Snapshot returns the environment's newest snapshot on this replica. It only reads memory, so it also works while the store doesn't, and
// it never goes back to an older one. An error has the code NotFound, or Internal if the snapshot can't be assembled.
// Why: RATIONALE.md "Why may a replica serve from memory when the store is gone, but not answer admins?"
func (s *Service) Snapshot(ctx context.Context, env string) (*Snapshot, error) {
	st := s.view.Load().states[env]
	if st == nil {
		return nil, noEnvironment(env)
	}
	return st.snapshot, st.snapshot.assemble()
}

func (p *Snapshot) assemble() error {
	p.bytesOnce.Do(func() {
		p.bytes, p.err = snapshot.Assemble(p.state.header(), p.state.compiled())
		p.size.Store(int64(len(p.bytes)))
		if p.err != nil {
			p.err = &Error{Code: Internal, Message: "the snapshot can't be assembled", Err: p.err}
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
func (p *Snapshot) ID() [32]byte { return snapshot.ID(p.bytes) }

// Position returns the snapshot's lineage and revision.
func (p *Snapshot) Position() Position { return p.state.head.position() }

// Environment returns the environment's key.
func (p *Snapshot) Environment() string { return p.state.env }

// Applied returns when this replica applied the change that made the snapshot.
func (p *Snapshot) Applied() time.Time { return p.state.applied }

// Settings returns the environment's settings.
func (p *Snapshot) Settings() flagset.Settings { return p.state.head.settings() }

// Engine returns the loaded snapshot, to decide by.
func (p *Snapshot) Engine() (*engine.Snapshot, error) {
	p.engineOnce.Do(func() {
		if p.engineErr = p.assemble(); p.engineErr == nil {
			p.engine, p.engineErr = engine.Load(p.bytes)
		}
	})
	return p.engine, p.engineErr
}

// Flag returns a flag's document.
func (p *Snapshot) Flag(key string) (flagset.Flag, bool) {
	r := p.state.flag(key)
	if r == nil || r.read() != nil {
		return flagset.Flag{}, false
	}
	return r.flag, true
}
