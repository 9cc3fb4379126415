package stored

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// Stored values are msgpack maps by name, so that members can be added. A byte before them says whether they are
// compressed.
const (
	StoredPlain      = 1
	storedCompressed = 2
	storedPieces     = 3 // see pieces.go
)

const (
	minCompressed = 512       // below this, compressing gains less than it costs
	maxUnpacked   = 256 << 20 // of one value, so that a broken one can't fill the memory; the largest documents stay below a quarter of this
)

// ErrBroken is what every value that can't be read is.
var ErrBroken = errors.New("a stored value is broken")

// Marshal writes a value for the store.
func Marshal(v any) []byte {
	data, err := msgpack.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("controlplane: %T can't be stored: %v", v, err)) // a bug in this package, not a fault of its input
	}
	return Pack(data)
}

// Unmarshal reads what marshalStored wrote.
func Unmarshal(data []byte, v any) error {
	plain, err := unpack(data)
	if err != nil {
		return err
	}
	if err := msgpack.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return nil
}

// A compressor takes 1.2 MB and a decompressor 40 KB to make, which is far more than to pack or unpack a usual record.
var (
	compressors = sync.Pool{New: func() any {
		w, _ := flate.NewWriter(nil, flate.DefaultCompression) // the level is valid
		return w
	}}
	decompressors = sync.Pool{New: func() any { return flate.NewReader(nil) }}
)

// Pack compresses data if that makes it smaller.
func Pack(data []byte) []byte {
	if len(data) >= minCompressed {
		packed := bytes.NewBuffer(make([]byte, 0, len(data)))
		packed.WriteByte(storedCompressed)
		w := compressors.Get().(*flate.Writer)
		defer compressors.Put(w)
		w.Reset(packed)
		_, _ = w.Write(data) // to memory: it can't fail
		_ = w.Close()
		if packed.Len() <= len(data) {
			return bytes.Clone(packed.Bytes())
		}
	}
	return append([]byte{StoredPlain}, data...)
}

func unpack(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrBroken)
	}
	switch data[0] {
	case StoredPlain:
		return data[1:], nil
	case storedCompressed:
		r := decompressors.Get().(io.ReadCloser)
		defer decompressors.Put(r)
		if err := r.(flate.Resetter).Reset(bytes.NewReader(data[1:]), nil); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBroken, err)
		}
		plain, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBroken, err)
		}
		if len(plain) > maxUnpacked {
			return nil, fmt.Errorf("%w: more than %d bytes", ErrBroken, maxUnpacked)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: unknown form %d", ErrBroken, data[0])
}

// Micros returns a time in Unix microseconds, and 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros returns the time that micros was given.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
