package snapshot

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
)

// ErrNotSnapshot says that bytes are not a snapshot in the format that this package writes.
var ErrNotSnapshot = errors.New("not a snapshot")

// Delta returns a delta that turns one snapshot into another: the header and the id of the second, and every record
// that differs.
func Delta(base, next []byte) ([]byte, error) {
	from, err := split(base)
	if err != nil {
		return nil, fmt.Errorf("base: %w", err)
	}
	to, err := split(next)
	if err != nil {
		return nil, fmt.Errorf("next: %w", err)
	}
	w := pack.NewWriter()
	w.Array(5)
	w.Raw(to.header)
	w.Binary(from.id)
	for kind := range to.lists {
		changes(w, from.lists[kind], to.lists[kind])
	}
	w.Binary(to.id)
	return w.Bytes(), nil
}

// sections holds a snapshot's parts, as slices of its bytes.
type sections struct {
	header []byte // whole, as msgpack
	lists  [2][]entry
	id     []byte
}

type entry struct {
	key    string
	record []byte // without its head; nil to delete
}

// changes writes the entries that turn one list into another. It merges the two sorted lists.
func changes(w *pack.Writer, from, to []entry) {
	var changed []entry
	for len(from) > 0 || len(to) > 0 {
		switch {
		case len(to) == 0 || len(from) > 0 && from[0].key < to[0].key:
			changed = append(changed, entry{key: from[0].key})
			from = from[1:]
		case len(from) == 0 || to[0].key < from[0].key:
			changed = append(changed, to[0])
			to = to[1:]
		default:
			if !bytes.Equal(from[0].record, to[0].record) {
				changed = append(changed, to[0])
			}
			from, to = from[1:], to[1:]
		}
	}
	w.Array(len(changed))
	for _, e := range changed {
		w.Array(2)
		w.Text(e.key)
		if e.record == nil {
			w.Nil()
		} else {
			w.Binary(e.record)
		}
	}
}

// split finds a snapshot's parts without looking inside records.
func split(data []byte) (sections, error) {
	var s sections
	source := bytes.NewReader(data)
	d := msgpack.NewDecoder(source)
	if n, err := d.DecodeArrayLen(); err != nil || n != 4 {
		return s, ErrNotSnapshot
	}
	start := len(data) - source.Len()
	if err := d.Skip(); err != nil {
		return s, ErrNotSnapshot
	}
	s.header = data[start : len(data)-source.Len()]
	for kind := range s.lists {
		n, err := d.DecodeArrayLen()
		if err != nil || n < 0 {
			return s, ErrNotSnapshot
		}
		for range n {
			pair, err := d.DecodeArrayLen()
			if err != nil || pair != 2 {
				return s, ErrNotSnapshot
			}
			key, err := d.DecodeString()
			if err != nil {
				return s, ErrNotSnapshot
			}
			size, err := d.DecodeBytesLen()
			if err != nil || size < 0 || size > source.Len() {
				return s, ErrNotSnapshot
			}
			at := len(data) - source.Len()
			if _, err := source.Seek(int64(size), 1); err != nil {
				return s, ErrNotSnapshot
			}
			s.lists[kind] = append(s.lists[kind], entry{key, data[at : at+size : at+size]})
		}
	}
	if n, err := d.DecodeBytesLen(); err != nil || n != 32 || source.Len() != 32 {
		return s, ErrNotSnapshot
	}
	s.id = data[len(data)-32:]
	return s, nil
}
