package stored

import (
	"bufio"
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

// Marshal writes a value for the store. A large one is compressed while it is written.
func Marshal(v any) []byte {
	var p packer
	encoder := msgpack.GetEncoder()
	defer msgpack.PutEncoder(encoder)
	encoder.Reset(&p)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("controlplane: %T can't be stored: %v", v, err)) // a bug in this package, not a fault of its input
	}
	return p.packed()
}

// packer packs what is written to it, like Pack. It only keeps the plain form of what is small.
type packer struct {
	plain  bytes.Buffer
	into   bytes.Buffer
	writer *flate.Writer // nil while it is small
}

const maxPlain = 1 << 20 // what a packer keeps; a larger text that can't be compressed is stored a little larger than it is

func (p *packer) Write(data []byte) (int, error) {
	if p.writer == nil && p.plain.Len()+len(data) > maxPlain {
		p.into.WriteByte(storedCompressed)
		p.writer = compressors.Get().(*flate.Writer)
		p.writer.Reset(&p.into)
		_, _ = p.writer.Write(p.plain.Bytes()) // to memory: it can't fail
		p.plain = bytes.Buffer{}
	}
	if p.writer == nil {
		return p.plain.Write(data)
	}
	return p.writer.Write(data)
}

func (p *packer) packed() []byte {
	if p.writer == nil {
		return Pack(p.plain.Bytes())
	}
	defer compressors.Put(p.writer)
	_ = p.writer.Close()
	return p.into.Bytes()
}

// Unmarshal reads what Marshal wrote. It unpacks a value while it reads it.
func Unmarshal(data []byte, v any) error {
	if len(data) > 0 && data[0] == StoredPlain {
		if err := msgpack.Unmarshal(data[1:], v); err != nil {
			return fmt.Errorf("%w: %w", ErrBroken, err)
		}
		return nil
	}
	plain, done, err := unpacking(data)
	if err != nil {
		return err
	}
	defer done()
	if err := msgpack.NewDecoder(plain).Decode(v); err != nil {
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
	if len(data) > 0 && data[0] == StoredPlain {
		return data[1:], nil
	}
	r, done, err := unpacking(data)
	if err != nil {
		return nil, err
	}
	defer done()
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return plain, nil
}

// unpacking returns what reads the plain form of a compressed value, and what to call when that is done.
func unpacking(data []byte) (r *bufio.Reader, done func(), err error) {
	if len(data) == 0 {
		return nil, nil, fmt.Errorf("%w: it is empty", ErrBroken)
	}
	if data[0] != storedCompressed {
		return nil, nil, fmt.Errorf("%w: unknown form %d", ErrBroken, data[0])
	}
	unpacked := decompressors.Get().(io.ReadCloser)
	if err := unpacked.(flate.Resetter).Reset(bytes.NewReader(data[1:]), nil); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return bufio.NewReader(&bounded{unpacked, maxUnpacked}), func() { decompressors.Put(unpacked) }, nil
}

// bounded reads at most some bytes, and then fails.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(into []byte) (int, error) {
	n, err := b.from.Read(into)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrBroken, maxUnpacked)
	}
	return n, err
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
