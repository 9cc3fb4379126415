package feed

import (
	"encoding/base64"
	"sync"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// FrameKind says what a frame carries.
type FrameKind string

// These are the kinds of frame.
const (
	FrameSnapshot FrameKind = "snapshot" // a whole snapshot
	FrameDelta    FrameKind = "delta"    // a delta that turns the host's snapshot into the newest
)

// Frame is one message to hosts. It is immutable, and shared by all hosts at the same position.
type Frame struct {
	kind     FrameKind
	data     []byte
	position engine.Position
	err      error
	made     sync.Once

	encoded sync.Once
	text    string
}

// Kind returns what Data is.
func (f *Frame) Kind() FrameKind { return f.kind }

// Data returns a snapshot or a delta, which engine/snapshot/FORMAT.md describes. It must not be changed.
func (f *Frame) Data() []byte { return f.data }

// Position returns the host's position once it has applied the frame, with the content id.
func (f *Frame) Position() engine.Position { return f.position }

// ID returns the content id of the snapshot that the host then has.
func (f *Frame) ID() [32]byte { return f.position.ID }

// Base64 returns Data in base64 (standard, padded), on one line.
func (f *Frame) Base64() string {
	f.encoded.Do(func() { f.text = base64.StdEncoding.EncodeToString(f.data) })
	return f.text
}

// whole returns the frame with the whole snapshot.
func (p *Snapshot) whole() (*Frame, error) { return p.frame(nil) }

// frame returns the frame that all hosts with a base share. It is made once. Without a base it holds the whole
// snapshot.
func (p *Snapshot) frame(base *Snapshot) (*Frame, error) {
	var from engine.Position
	if base != nil {
		from = base.Position()
	}
	p.framesMu.Lock()
	if p.frames == nil {
		p.frames = map[engine.Position]*Frame{}
	}
	f := p.frames[from]
	if f == nil {
		f = &Frame{position: p.Position()}
		p.frames[from] = f
	}
	p.framesMu.Unlock()
	f.made.Do(func() { f.err = f.fill(p, base) })
	return f, f.err
}

// fill fills a frame. If the delta is larger than the snapshot, the frame holds the snapshot.
func (f *Frame) fill(to, base *Snapshot) error {
	if err := to.Assemble(); err != nil {
		return err
	}
	f.kind, f.data, f.position.ID = FrameSnapshot, to.Bytes(), to.ID()
	if base == nil {
		return nil
	}
	if err := base.Assemble(); err != nil {
		return err
	}
	delta, err := to.format.Delta(base.Bytes(), to.Bytes())
	if err != nil {
		return err
	}
	if len(delta) < len(f.data) {
		f.kind, f.data = FrameDelta, delta
	}
	return nil
}
