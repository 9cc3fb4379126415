package stored

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

func sample(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, `{"type":"actor","target":"user:%d","enabled":true},`, random.IntN(1_000_000))
	}
	return b.Bytes()[:n]
}

func TestPutAndGet(t *testing.T) {
	for _, n := range []int{0, 1, minCompressed, MaxInline, 4 * MaxInline, 4*MaxInline + 1, 1 << 20} {
		data := sample(1, n)
		value, pieces := Encode(data)
		if len(value) > MaxInline {
			t.Errorf("the value of %d bytes takes %d", n, len(value))
		}
		known := map[string][]byte{}
		for _, p := range pieces {
			known[p.Name] = p.Data
		}
		got, _, err := Decode(context.Background(), value, func(_ context.Context, name string) ([]byte, error) { return known[name], nil })
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
	}
}

func TestAChangeCutsFewPiecesAnew(t *testing.T) {
	data := sample(1, 5<<20)
	before := map[string]bool{}
	pieces := cut(data)
	for _, p := range pieces {
		before[p.Name] = true
		if len(p.Data) > maxPiece {
			t.Fatalf("a piece of %d bytes", len(p.Data))
		}
	}
	if n := len(pieces); n < 60 || n > 250 {
		t.Errorf("%d bytes are %d pieces", len(data), n)
	}
	for _, at := range []int{0, 1000, len(data) / 2, len(data) - 1} {
		changed := append(append(append([]byte{}, data[:at]...), "inserted"...), data[at:]...)
		fresh := 0
		for _, p := range cut(changed) {
			if !before[p.Name] {
				fresh++
			}
		}
		if fresh > 3 {
			t.Errorf("an insertion at %d cuts %d pieces anew", at, fresh)
		}
	}
}

func TestBrokenValues(t *testing.T) {
	data := sample(1, 1<<20)
	value, pieces := Encode(data)
	known := map[string][]byte{}
	for _, p := range pieces {
		known[p.Name] = p.Data
	}
	from := func(_ context.Context, name string) ([]byte, error) { return known[name], nil }
	for n := range len(value) {
		if got, _, err := Decode(context.Background(), value[:n], from); err == nil && bytes.Equal(got, data) {
			t.Fatalf("a value cut at %d of %d is taken for whole", n, len(value))
		}
	}
	known[pieces[1].Name] = append([]byte{pieces[1].Data[0] + 1}, pieces[1].Data[1:]...)
	if _, _, err := Decode(context.Background(), value, from); !errors.Is(err, ErrBroken) {
		t.Errorf("an altered piece: %v", err)
	}
	for _, broken := range [][]byte{{}, {9}, {storedCompressed, 1, 2, 3}, {storedPieces, 255}} {
		if _, _, err := Decode(context.Background(), broken, from); !errors.Is(err, ErrBroken) {
			t.Errorf("value %v: %v", broken, err)
		}
	}
}
