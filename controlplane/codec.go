package controlplane

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
)

// What is stored is msgpack, maps by name, so that members can be added: a byte says whether it is compressed.
const (
	storedPlain      = 1
	storedCompressed = 2
	storedPieces     = 3 // see pieces.go
)

const (
	minCompressed = 512       // below, compressing gains less than it costs
	maxUnpacked   = 256 << 20 // of one value: a broken one must not fill the memory; the largest documents stay below a quarter
)

var errBroken = errors.New("a stored value is broken")

// marshalStored writes a value for the store.
func marshalStored(v any) []byte {
	data, err := msgpack.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("controlplane: %T can't be stored: %v", v, err)) // a mistake in this package, not in its input
	}
	return pack(data)
}

// unmarshalStored reads what marshalStored wrote.
func unmarshalStored(data []byte, v any) error {
	plain, err := unpack(data)
	if err != nil {
		return err
	}
	if err := msgpack.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return nil
}

// pack compresses where that gains something.
func pack(data []byte) []byte {
	if len(data) >= minCompressed {
		var packed bytes.Buffer
		packed.WriteByte(storedCompressed)
		w, _ := flate.NewWriter(&packed, flate.DefaultCompression)
		_, _ = w.Write(data) // to memory: it can't fail
		_ = w.Close()
		if packed.Len() <= len(data) {
			return packed.Bytes()
		}
	}
	return append([]byte{storedPlain}, data...)
}

func unpack(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: it is empty", errBroken)
	}
	switch data[0] {
	case storedPlain:
		return data[1:], nil
	case storedCompressed:
		plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data[1:])), maxUnpacked+1))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		if len(plain) > maxUnpacked {
			return nil, fmt.Errorf("%w: more than %d bytes", errBroken, maxUnpacked)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: unknown form %d", errBroken, data[0])
}
