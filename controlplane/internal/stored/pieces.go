package stored

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// A value larger than maxInline is cut into pieces named by their SHA-256, and its key holds their names. A cut depends
// only on the content around it, so a change in the middle of a large flag leaves nearly all pieces as they were:
// enabling one actor of 100,000 writes one or two pieces, not five megabytes.
// Why: RATIONALE.md "Why are large flags cut by content, and named by hash?"

const (
	MaxInline = 32 << 10 // of a packed value, so that a page of reads stays below 32 MiB
	// Pieces are 8 to 128 KiB, 40 on average: large enough that a flag of 5 MB has few, small enough that a change is
	// cheap.
	minPiece  = 8 << 10
	maxPiece  = 128 << 10
	pieceBits = 15
	// maxPieces bounds how many pieces a key's value may name.
	maxPieces = 1 << 14
)

// Piece is a part of a value, and its name.
type Piece struct {
	Name string // 32 raw bytes
	Data []byte
}

// gear holds a random number for each byte (splitmix64 of 0, 1, 2 …). They must never change.
var gear = func() (table [256]uint64) {
	for i := range table {
		z := uint64(i+1) * 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		table[i] = z ^ z>>31
	}
	return table
}()

// cut cuts data wherever a rolling hash of the last 64 bytes has pieceBits zeros at its top.
func cut(data []byte) []Piece {
	var pieces []Piece
	for len(data) > 0 {
		n := min(len(data), maxPiece)
		var hash uint64
		for i := min(n, minPiece); i < n; i++ {
			hash = hash<<1 + gear[data[i]]
			if hash>>(64-pieceBits) == 0 {
				n = i + 1
				break
			}
		}
		name := sha256.Sum256(data[:n])
		pieces = append(pieces, Piece{string(name[:]), data[:n]})
		data = data[n:]
	}
	return pieces
}

// Layout is the pieces of a large value in order, which is what its key holds.
type Layout []Part

// Part is one piece of a layout: its name and its size.
type Part struct {
	Name string
	size int
}

// PartOf returns the part of a layout that names a piece.
func PartOf(p Piece) Part { return Part{p.Name, len(p.Data)} }

// Encode returns what a value's key holds and, if the value is large, the pieces that it needs.
func Encode(data []byte) (value []byte, pieces []Piece) {
	if len(data) <= 4*MaxInline { // larger values hardly ever pack below maxInline
		if packed := Pack(data); len(packed) <= MaxInline {
			return packed, nil
		}
	}
	pieces = cut(data)
	value = []byte{storedPieces}
	for _, p := range pieces {
		value = binary.AppendUvarint(value, uint64(len(p.Data)))
		value = append(value, p.Name...)
	}
	return value, pieces
}

// LayoutOf returns the pieces that a key's value names, or nil if the value is inline.
func LayoutOf(value []byte) (Layout, error) {
	switch {
	case len(value) == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrBroken)
	case value[0] == StoredPlain, value[0] == storedCompressed:
		return nil, nil
	case value[0] != storedPieces:
		return nil, fmt.Errorf("%w: unknown form %d", ErrBroken, value[0])
	}
	var l Layout
	total := 0
	for rest := value[1:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > maxPiece || len(rest) < n+sha256.Size || len(l) == maxPieces {
			return nil, fmt.Errorf("%w: its list of pieces", ErrBroken)
		}
		l = append(l, Part{string(rest[n : n+sha256.Size]), int(size)})
		total += int(size)
		rest = rest[n+sha256.Size:]
	}
	if total > maxUnpacked {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBroken, maxUnpacked)
	}
	return l, nil
}

// PieceSource finds a piece by its name.
type PieceSource func(ctx context.Context, name string) ([]byte, error)

// Decode returns the value that put was given.
func Decode(ctx context.Context, value []byte, from PieceSource) (data []byte, l Layout, err error) {
	l, err = LayoutOf(value)
	if err != nil {
		return nil, nil, err
	}
	if l == nil {
		data, err = unpack(value)
		return data, nil, err
	}
	for _, p := range l {
		part, err := from(ctx, p.Name)
		if err != nil {
			return nil, nil, err
		}
		if len(part) != p.size || sha256.Sum256(part) != [sha256.Size]byte([]byte(p.Name)) {
			return nil, nil, fmt.Errorf("%w: piece %x", ErrBroken, p.Name)
		}
		data = append(data, part...)
	}
	return data, l, nil
}

// PiecesOfValue finds the pieces of a value in memory, and others through next.
func PiecesOfValue(data []byte, l Layout, next PieceSource) PieceSource {
	known := make(map[string][]byte, len(l))
	for _, p := range l {
		known[p.Name], data = data[:p.size], data[p.size:]
	}
	return func(ctx context.Context, name string) ([]byte, error) {
		if part, ok := known[name]; ok {
			return part, nil
		}
		return next(ctx, name)
	}
}

// ErrMissingPiece says that a later change has replaced the value, and its pieces were swept.
var ErrMissingPiece = fmt.Errorf("%w: a piece is missing", ErrBroken)

// PiecesOf finds an environment's pieces in the store.
func PiecesOf(from store.Store, env string) PieceSource {
	return func(ctx context.Context, name string) ([]byte, error) {
		e, err := store.ReadOne(ctx, from, PieceKey(env, name))
		if err != nil {
			return nil, err
		}
		if e.Revision == 0 {
			return nil, ErrMissingPiece
		}
		return unpack(e.Value)
	}
}

// AllPieces finds an environment's pieces. The first call reads all of them, page by page.
func AllPieces(from store.Store, env string, at int64) PieceSource {
	var known map[string][]byte
	return func(ctx context.Context, name string) ([]byte, error) {
		if known == nil {
			known = map[string][]byte{}
			r := store.Under(PiecePrefix + env + "/")
			r.At = at
			if _, err := store.ReadAll(ctx, from, r, func(e store.Entry) error { known[e.Key] = e.Value; return nil }); err != nil {
				return nil, err
			}
		}
		part, ok := known[PieceKey(env, name)]
		if !ok {
			return nil, ErrMissingPiece
		}
		return unpack(part)
	}
}
