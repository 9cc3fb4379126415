package differential

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// Export is which of the module's calls to make.
type Export uint8

// The calls.
const (
	Evaluate Export = iota
	Batch
	Explain
	Needs
	Splice
	exports
)

var exportNames = [exports]string{"evaluate", "evaluate_batch", "explain", "needs", "splice"}

func (e Export) String() string { return exportNames[e] }

// Call is one call on a loaded snapshot.
type Call struct {
	Export Export
	First  uint32 // of a batch
	Data   []byte // the request buffer
}

// Round is a snapshot and the calls on it.
type Round struct {
	Snapshot []byte
	Calls    []Call
}

// Answer is what came back: a code, and a digest of all bytes that belong to it.
type Answer struct {
	Code   int32
	Digest uint64
}

// Builds answer rounds: the first answer is the load's, whose digest is its
// offset; if that failed there are no more.
type Build interface {
	Run(r *Round) ([]Answer, error)
}

func digest(parts ...[]byte) uint64 {
	h := fnv.New64a()
	var n [4]byte
	for _, p := range parts {
		binary.LittleEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:]) // a hash never fails
		h.Write(p)
	}
	return h.Sum64()
}

// maxBlob bounds what a peer can make us allocate.
const maxBlob = 64 << 20

func writeBlob(w *bufio.Writer, b []byte) {
	w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b)))) // errors stay in w until Flush
	w.Write(b)
}

func readBlob(r *bufio.Reader) ([]byte, error) {
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	if n > maxBlob {
		return nil, fmt.Errorf("a blob of %d bytes", n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// WriteRound writes a round to another process.
func WriteRound(w *bufio.Writer, r *Round) error {
	writeBlob(w, r.Snapshot)
	binary.Write(w, binary.LittleEndian, uint32(len(r.Calls)))
	for _, c := range r.Calls {
		w.WriteByte(byte(c.Export))
		binary.Write(w, binary.LittleEndian, c.First)
		writeBlob(w, c.Data)
	}
	return w.Flush()
}

// ReadRound is the other end of WriteRound; io.EOF means that there are no more.
func ReadRound(r *bufio.Reader) (*Round, error) {
	snapshot, err := readBlob(r)
	if err != nil {
		return nil, err
	}
	out := &Round{Snapshot: snapshot}
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	for range n {
		var c Call
		e, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		c.Export = Export(e)
		if err := binary.Read(r, binary.LittleEndian, &c.First); err != nil {
			return nil, err
		}
		if c.Data, err = readBlob(r); err != nil {
			return nil, err
		}
		out.Calls = append(out.Calls, c)
	}
	return out, nil
}

// WriteAnswers and ReadAnswers carry the answers back.
func WriteAnswers(w *bufio.Writer, list []Answer) error {
	binary.Write(w, binary.LittleEndian, uint32(len(list)))
	binary.Write(w, binary.LittleEndian, list)
	return w.Flush()
}

// ReadAnswers reads what WriteAnswers wrote.
func ReadAnswers(r *bufio.Reader) ([]Answer, error) {
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	if n > maxBlob/16 {
		return nil, fmt.Errorf("%d answers", n)
	}
	list := make([]Answer, n)
	return list, binary.Read(r, binary.LittleEndian, list)
}
