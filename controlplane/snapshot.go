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
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Position is a place in an environment's history.
type Position struct {
	Lineage  [engine.LineageBytes]byte
	Revision int64
}

// String is the lineage in hex, a dash, and the revision.
func (p Position) String() string {
	return hex.EncodeToString(p.Lineage[:]) + "-" + strconv.FormatInt(p.Revision, 10)
}

// ParsePosition reads what String wrote.
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

// Snapshot is an environment at one revision, as hosts get it. It is immutable and shared; what is made of it, is made once
// and when it is first asked for.
type Snapshot struct {
	state *state

	bytesOnce sync.Once
	bytes     []byte
	err       error
	size      atomic.Int64 // of bytes, once they are made

	gzipOnce sync.Once
	gzip     []byte

	engineOnce sync.Once
	engine     *engine.Snapshot
	engineErr  error

	framesMu sync.Mutex
	frames   map[Position]*Frame // by where the host is; the zero position: a whole snapshot
}

// Snapshot is the environment's newest snapshot on this replica. It reads memory only and never goes back, so that it also
// answers while the store doesn't. An error has the code NotFound, or Internal if the snapshot can't be assembled.
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

// Bytes are the snapshot's bytes, of the form that engine/snapshot/FORMAT.md describes. They must not be changed.
func (p *Snapshot) Bytes() []byte { return p.bytes }

// Gzip are the bytes, compressed.
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

// ID is the content id: the SHA-256 of everything before it.
func (p *Snapshot) ID() [32]byte { return snapshot.ID(p.bytes) }

// Position is the snapshot's lineage and revision.
func (p *Snapshot) Position() Position { return p.state.head.position() }

// Environment is the environment's key.
func (p *Snapshot) Environment() string { return p.state.env }

// Applied is when this replica applied the change that made the snapshot.
func (p *Snapshot) Applied() time.Time { return p.state.applied }

// Settings are the environment's.
func (p *Snapshot) Settings() snapshot.Settings { return p.state.head.settings() }

// Engine is the loaded snapshot, to decide by.
func (p *Snapshot) Engine() (*engine.Snapshot, error) {
	p.engineOnce.Do(func() {
		if p.engineErr = p.assemble(); p.engineErr == nil {
			p.engine, p.engineErr = engine.Load(p.bytes)
		}
	})
	return p.engine, p.engineErr
}

// Flag is a flag's document.
func (p *Snapshot) Flag(key string) (snapshot.Flag, bool) {
	r := p.state.flag(key)
	if r == nil || r.read() != nil {
		return snapshot.Flag{}, false
	}
	return r.flag, true
}
