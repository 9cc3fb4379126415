package differential

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

var (
	attributes = []string{"country", "age", "plan", "email", "a", "score", "версия", "long_attribute_name_over_thirty_two_bytes"}
	operators  = flagset.Operators()
	patterns   = []string{"[0-9]+", "", `^\+?[0-9]+$`, `.*@acme\.com$`, "pre.*um", "^(?:gold|silver)$", "a{2,}", "(?i)premium", "([unclosed",
		`^v?\d+\.\d+\.\d+$`, `\bpro\b`, "^$", "(a|aa)*b", "é+", "[^a]x?$", "(?m)^b", "a{20}", `\Bx`, "D|U", "[A-Z]{2}"}
	texts = []string{"", "DE", "US", "premium", "PREMIUM", "gold", "user@acme.com", "18", "18.0", "1e3", "-5", "+5", "05", " 5", "5.", "0.1", "1e400",
		"9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1.7976931348623157e308", "4.9e-324",
		"9007199254740993", "9007199254740993.0", "0.1000000000000000055511151231257827021181583404541015625", "v1.2.3", "aaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"é", "x\ny", "pro plan", "12345678", "123456789", "-0", "-0.0", "1.10.0", "true", "\x00", "𝄞"}
	versions = []string{"0.0.0", "1.2.3", "1.10.0", "2.0.0-rc.1", "2.0.0-rc.10", "2.0.0-rc.1.x", "2.0.0-alpha", "2.0.0", "2.0.0+build.5",
		"10.0.0-0", "99999999999999999999.0.1", "1.0.0-0a", "01.2.3", "1.2", "v1.2.3", "1.2.3-", "1.2.3-01"}
	ends = []string{"", "D", "pre", "premium", "user", ".com", "5", "1.", "é", "y", "a", "\x00"} // of texts
)

// generator makes rounds from a seed.
type generator struct{ r *rand.Rand }

// NewRound is round number n: a snapshot, corrupted in every fourth, and calls.
func NewRound(seed, n uint64, calls int) (*Round, error) {
	g := generator{rand.New(rand.NewPCG(seed, n))}
	set := g.set(4 + g.r.IntN(30))
	header := snapshot.Header{Environment: "e" + fmt.Sprint(n%7), Revision: int64(n), Settings: set.Settings}
	g.fill(header.Lineage[:])
	data, err := compile(header, set)
	if err != nil {
		return nil, err
	}
	round := &Round{Snapshot: data}
	for range calls {
		round.Calls = append(round.Calls, g.call(set))
	}
	if g.r.IntN(2) == 0 {
		delta, err := g.delta(header, set, data)
		if err != nil {
			return nil, err
		}
		round.Calls = append(round.Calls, Call{Export: Splice, Data: delta})
	}
	if n%4 == 3 {
		round.Snapshot = g.corrupt(data)
	}
	return round, nil
}

func compile(h snapshot.Header, set *flagset.Set) ([]byte, error) {
	data, problems := snapshot.Compile(h, set, snapshot.Tolerant)
	if len(data) == 0 {
		return nil, fmt.Errorf("the set does not compile: %w", flagset.Err(problems))
	}
	return data, nil
}

func (g generator) fill(b []byte) {
	for i := range b {
		b[i] = byte(g.r.Uint32())
	}
}

// delta leads from data to a changed set; it is spoilt now and then.
func (g generator) delta(h snapshot.Header, set *flagset.Set, data []byte) ([]byte, error) {
	next := *set
	next.Flags = append([]flagset.Flag(nil), set.Flags...)
	for range 1 + g.r.IntN(3) {
		i := g.r.IntN(len(next.Flags))
		next.Flags[i].Killed = !next.Flags[i].Killed
	}
	if g.r.IntN(2) == 0 {
		next.Flags = next.Flags[1:]
	}
	h.Revision++
	to, err := compile(h, &next)
	if err != nil {
		return nil, err
	}
	delta, err := snapshot.Delta(data, to)
	if err == nil && g.r.IntN(3) == 0 {
		delta[g.r.IntN(len(delta))] = byte(g.r.Uint32())
	}
	return delta, err
}

// corrupt changes some bytes; mostly the content id is made right again, so
// that the change is met while the records are read.
func (g generator) corrupt(data []byte) []byte {
	b := append([]byte(nil), data...)
	if g.r.IntN(12) == 0 {
		return b[:g.r.IntN(len(b))]
	}
	body := b[:len(b)-sha256.Size]
	for range 1 + g.r.IntN(3) {
		if i := g.r.IntN(len(body)); g.r.IntN(2) == 0 {
			body[i] = byte(g.r.Uint32())
		} else {
			body[i] ^= 1 << g.r.IntN(8)
		}
	}
	if g.r.IntN(12) > 0 {
		sum := sha256.Sum256(body)
		copy(b[len(body):], sum[:])
	}
	return b
}

func (g generator) set(n int) *flagset.Set {
	set := &flagset.Set{Settings: flagset.Settings{GroupConflict: flagset.DenyWins}}
	if g.r.IntN(2) == 0 {
		set.Settings.GroupConflict = flagset.AllowWins
	}
	for i := range 4 {
		set.Segments = append(set.Segments, flagset.Segment{Key: fmt.Sprint("seg", i), Description: "for tests", Constraints: g.constraints()})
	}
	for i := range n {
		set.Flags = append(set.Flags, g.flag(i, n))
	}
	return set.Sorted()
}

func (g generator) flag(i, n int) flagset.Flag {
	f := flagset.Flag{Key: fmt.Sprintf("flag%02d", i), Killed: g.r.IntN(25) == 0, Permanent: true, Description: "for tests", Owner: "tests", Tags: []string{"t"}}
	if g.r.IntN(4) == 0 {
		f.OffVariant = new(fmt.Sprint("v", g.r.IntN(4)))
	}
	if g.r.IntN(20) == 0 {
		f.Key += "-with-a-name-that-takes-more-than-one-block-of-the-hash-together-with-the-actor"
	}
	seen := map[string]bool{}
	add := func(x flagset.Gate) {
		if slot := x.Slot(); !seen[slot] {
			seen[slot] = true
			f.Gates = append(f.Gates, x)
		}
	}
	for range 1 + g.r.IntN(5) {
		for _, x := range g.gates(n) {
			add(x)
		}
	}
	return f
}

// gates returns a gate of any kind, several of actors, or none. It may require one of n flags, or one that is missing.
func (g generator) gates(n int) []flagset.Gate {
	x := flagset.Gate{Enabled: g.r.IntN(3) > 0}
	ratio := g.r.Float64()*0.998 + 0.001
	switch g.r.IntN(11) {
	case 0:
		x.Type, x.Enabled = flagset.Boolean, g.r.IntN(3) == 0
	case 1:
		var actors []flagset.Gate
		for range g.r.IntN(12) {
			actors = append(actors, flagset.Gate{Type: flagset.Actor, Target: fmt.Sprint("u", g.r.IntN(60)), Enabled: g.r.IntN(3) > 0})
		}
		return actors
	case 2:
		x.Type, x.Target = flagset.Group, fmt.Sprint("g", g.r.IntN(6))
	case 3:
		x.Type, x.Ratio, x.Enabled = flagset.PercentageOfActors, &ratio, true
	case 4:
		x.Type, x.Ratio, x.Enabled = flagset.PercentageOfTime, &ratio, true
	case 5, 6, 7:
		x.Type, x.Constraints, x.Enabled = flagset.Rule, g.constraints(), true
		if g.r.IntN(3) == 0 {
			x.Ratio = &ratio
		}
	case 8:
		x.Type, x.Target, x.Enabled = flagset.SegmentGate, fmt.Sprint("seg", g.r.IntN(5)), true
	case 9:
		if g.r.IntN(2) == 0 {
			return nil
		}
		x.Type, x.Target = flagset.Prerequisite, fmt.Sprintf("flag%02d", g.r.IntN(n+2))
	case 10:
		if g.r.IntN(2) == 0 {
			x.Type, x.Variants, x.Enabled = flagset.VariantGate, g.variants(), true
			break
		}
		x.Type, x.Enabled = flagset.Schedule, true
		from, until := "2026-01-01T00:00:00Z", "2026-06-01T00:00:00+02:00"
		if g.r.IntN(2) == 0 {
			x.From = &from
		}
		if g.r.IntN(2) == 0 {
			x.Until = &until
		}
	}
	return []flagset.Gate{x}
}

func (g generator) variants() (out []flagset.Variant) {
	payload := g.r.IntN(2) == 0
	for i := range 1 + g.r.IntN(4) {
		v := flagset.Variant{Name: fmt.Sprint("v", i), Weight: flagset.Int(int64(g.r.IntN(5) + 1))}
		if payload {
			v.Payload = json.RawMessage(fmt.Sprintf(`"p%d"`, i))
		}
		out = append(out, v)
	}
	return out
}

func (g generator) constraints() (out []flagset.Constraint) {
	for range 1 + g.r.IntN(2) {
		c := flagset.Constraint{Attribute: attributes[g.r.IntN(len(attributes))], Operator: operators[g.r.IntN(len(operators))]}
		n := 1
		if c.Operator == "in" || c.Operator == "not_in" || g.r.IntN(8) == 0 {
			n = g.r.IntN(5)
		}
		for range n {
			switch c.Operator {
			case "matches":
				c.Values = append(c.Values, patterns[g.r.IntN(len(patterns))])
			case "semver_gte", "semver_lt":
				c.Values = append(c.Values, versions[g.r.IntN(len(versions))])
			case "starts_with", "ends_with":
				c.Values = append(c.Values, ends[g.r.IntN(len(ends))])
			default:
				c.Values = append(c.Values, g.value(2))
			}
		}
		out = append(out, c)
	}
	return out
}

// value is of any kind; depth bounds nesting.
func (g generator) value(depth int) any {
	switch g.r.IntN(15) {
	case 0:
		return g.r.IntN(2) == 0
	case 1, 2:
		return []int64{0, 1, 5, 18, -5, 100, math.MaxInt64, math.MinInt64, 1<<53 + 1}[g.r.IntN(9)]
	case 3:
		return []float64{0.5, 18.5, -5.25, 0.1, 1e22, 1 << 60, 1e300, -1e-300, 9.223372036854775807e18}[g.r.IntN(9)]
	case 4:
		big, _ := new(big.Int).SetString([]string{"9223372036854775808", "-9223372036854775809", "123456789012345678901234567890"}[g.r.IntN(3)], 10)
		return big
	case 5:
		if depth > 0 {
			return []any{g.value(depth - 1), g.value(depth - 1)}
		}
	case 6:
		if depth > 0 {
			return map[string]any{"k": g.value(depth - 1), "l": g.value(depth - 1)}
		}
	case 7:
		return fmt.Sprint(g.r.IntN(40))
	case 8:
		return fmt.Sprint(math.Float64frombits(g.r.Uint64()))
	case 9:
		if g.r.IntN(3) == 0 {
			return nil
		}
	case 10:
		return versions[g.r.IntN(len(versions))]
	}
	return texts[g.r.IntN(len(texts))]
}

func (g generator) call(set *flagset.Set) Call {
	r := request.Request{Now: 1764000000e6 + g.r.Int64N(3e13), Roll: g.r.Uint64(), Attributes: map[string]any{}}
	key := func() string {
		if g.r.IntN(25) == 0 {
			return "missing"
		}
		return set.Flags[g.r.IntN(len(set.Flags))].Key
	}
	r.Flags = []string{key()}
	if g.r.IntN(6) > 0 {
		actor := fmt.Sprint("u", g.r.IntN(80))
		if g.r.IntN(8) == 0 {
			actor += string(make([]byte, g.r.IntN(200)))
		}
		r.Actor = &actor
	} else {
		r.Keyless = g.r.IntN(2) == 0
	}
	for range g.r.IntN(3) {
		r.Groups = append(r.Groups, fmt.Sprint("g", g.r.IntN(7)))
	}
	for range g.r.IntN(7) {
		r.Attributes[attributes[g.r.IntN(len(attributes))]] = g.value(2)
	}
	c := Call{Export: Evaluate}
	switch g.r.IntN(24) {
	case 0:
		c.Export, r.Batch = Batch, true
		if g.r.IntN(2) == 0 {
			r.Flags = nil
		} else {
			r.Flags = append(r.Flags, key(), key())
		}
		c.First = uint32(g.r.IntN(4))
	case 1, 2:
		c.Export = Explain
	case 3:
		c.Export = Needs
	}
	if len(r.Flags) > 0 && g.r.IntN(3) == 0 { // the same, or some other flags, by their numbers
		for range r.Flags {
			r.Numbers = append(r.Numbers, int64(g.r.IntN(len(set.Flags)+1)))
		}
		r.Flags = r.Flags[:g.r.IntN(len(r.Flags)+1)]
		r.Numbers = r.Numbers[len(r.Flags):]
	}
	data, err := r.Append(nil)
	if err != nil {
		panic(err) // the generator makes nothing that can't be written
	}
	if g.r.IntN(40) == 0 {
		data[g.r.IntN(len(data))] = byte(g.r.Uint32())
	}
	c.Data = data
	return c
}
