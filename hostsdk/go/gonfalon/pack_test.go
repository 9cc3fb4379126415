package gonfalon

import (
	"bytes"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine/explain"
)

// TestPack compares with the library that snapshots are written by, and reads back.
func TestPack(t *testing.T) {
	values := []any{nil, true, false, "", "text", strings.Repeat("x", 31), strings.Repeat("x", 32), strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 1<<16),
		0.5, -0.25, math.MaxFloat64, map[string]any{}, map[string]any{"b": int64(1), "a": []any{nil, "c"}, "": map[string]any{"z": 1.5}}, []any{}}
	for bit := range 63 {
		n := int64(1) << bit
		values = append(values, n-1, n, n+1, -n, -n-1, 1-n)
	}
	values = append(values, int64(math.MinInt64), int64(math.MaxInt64))
	for _, n := range []int{15, 16, 17, 255, 256, 1 << 16} {
		list, object := make([]any, n), map[string]any{}
		for i := range list {
			list[i] = int64(i)
			object[strings.Repeat("k", i%300)+string(rune('0'+i%10))] = int64(i)
		}
		values = append(values, list, object)
	}
	for _, v := range values {
		packed := pack(v)
		var b bytes.Buffer
		e := msgpack.NewEncoder(&b)
		e.SetSortMapKeys(true)
		e.UseCompactInts(true)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		if packed != b.String() {
			t.Errorf("% .20x, want % .20x", packed, b.Bytes())
		}
		if got, rest, err := explain.Value([]byte(packed)); !reflect.DeepEqual(got, v) || err != nil || len(rest) > 0 {
			t.Errorf("% .20x is read as %.40v (%v)", packed, got, err)
		}
		for _, size := range []int{0, len(packed) / 2, len(packed) - 1} {
			if _, _, err := explain.Value([]byte(packed[:size])); err == nil {
				t.Errorf("% .20x, cut to %d bytes, is read", packed, size)
			}
		}
	}
	for digits := 19; digits < 300; digits++ {
		n, _ := new(big.Int).SetString("-"+strings.Repeat("9", digits), 10)
		v, rest, err := explain.Value([]byte(pack(n)))
		if got, ok := v.(*big.Int); !ok || got.Cmp(n) != 0 || len(rest) > 0 {
			t.Errorf("%d digits: %v", digits, err)
		}
	}
}
