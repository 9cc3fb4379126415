package flagset

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"testing"
)

func TestParseNumber(t *testing.T) {
	beyond, _ := new(big.Int).SetString("9223372036854775808", 10)
	for text, want := range map[string]any{
		"0": int64(0), "-0": int64(0), "5": int64(5), "5.0": int64(5), "-5.0": int64(-5), "1e3": int64(1000), "-0.0": int64(0), "1e-999": int64(0),
		"5.5": 5.5, "9007199254740992.0": int64(1 << 53), "9007199254740994.0": float64(1<<53 + 2), "1e300": 1e300,
		"9007199254740993": int64(9007199254740993), "9223372036854775807": int64(math.MaxInt64), "-9223372036854775808": int64(math.MinInt64),
		"9223372036854775808": beyond,
	} {
		if got, err := parseNumber(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %T %v (%v), want %T %v", text, got, got, err, want, want)
		}
	}
	for _, text := range []string{"", "x", "1.8e308", "-1e400", "1.2.3", "0x10"} {
		if got, err := parseNumber(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	long := make([]byte, maxDigits+1)
	for i := range long {
		long[i] = '7'
	}
	if _, err := parseNumber(string(long)); err != errNumberLength {
		t.Errorf("past the limit: %v", err)
	}
	if v, err := parseNumber(string(long[1:])); err != nil || len(string(appendNumber(nil, v))) != maxDigits {
		t.Errorf("at the limit: %v", err)
	}
}

func TestNumberJSON(t *testing.T) {
	for _, n := range []Number{{}, Int(-3), Float(0.1), Float(1e21), Float(5e-324), Float(math.MaxFloat64), Integer(new(big.Int).Lsh(big.NewInt(1), 200))} {
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var again Number
		if err := json.Unmarshal(text, &again); err != nil || again.String() != n.String() {
			t.Errorf("%v is written %s and read %v (%v)", n, text, again, err)
		}
	}
	if text := Float(5).String(); text != "5.0" {
		t.Errorf("a float is written as one: %s", text)
	}
	if _, err := json.Marshal(Float(math.NaN())); err == nil {
		t.Error("NaN was written")
	}
}

// A written number reads back as the same number, and integers are exact at any length.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-12.50", "123456789012345678901234567890", "1e-7", "4.9e-324", "9007199254740993.0", "1E+2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || text == "" || text[0] != '-' && !digit(text[0]) {
			return
		}
		v, err := parseNumber(text)
		if err != nil {
			return
		}
		again, err := parseNumber(string(appendNumber(nil, v)))
		if err != nil || !reflect.DeepEqual(v, again) {
			t.Fatalf("%s: %v is read again as %v (%v)", text, v, again, err)
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok || exact.Num().BitLen() > 4096 || exact.Denom().BitLen() > 4096 {
			return
		}
		if i, isInt := v.(int64); isInt && exact.IsInt() && exact.Num().Cmp(big.NewInt(i)) != 0 && new(big.Int).Abs(exact.Num()).BitLen() <= 53 {
			t.Fatalf("%s became %d", text, i)
		}
	})
}
