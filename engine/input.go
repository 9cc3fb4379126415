package engine

import "math"

// Presence says how much the input knows about the actor.
type Presence uint8

// These are the presences.
const (
	NoActor Presence = iota // no actor: gates for actors and groups are not asked
	Keyless                 // an actor without a key: only its groups count, and gates that need the key don't match
	Keyed                   // an actor with a key
)

// Input is everything that a decision depends on besides the snapshot.
//
// Why: RATIONALE.md "Why does `Evaluate` take time and chance as arguments?"
type Input struct {
	Actor      string // the actor's key; it counts only if Presence is Keyed
	Presence   Presence
	Groups     []string    // the groups that the actor is in
	Attributes []Attribute // the context; of two attributes with one name, the first counts
	Now        int64       // Unix microseconds
	Roll       uint64      // chance, for percentage_of_time

	// Attributes of a parsed request stay bytes until a rule asks for them.
	pending int32
	at      int32
	raw     string
	store   *[MaxAttributes]Attribute
}

// Attribute is one named value of the context. Make one with [String], [Int], [Float], [Bool], [Null], [Integer] or
// [Encoded].
type Attribute struct {
	Name            string
	text            string // a string, the digits of an integer beyond int64, or the msgpack of an array or map
	num             uint64 // an int64, or the bits of a float64; of a long string too, if it reads as one
	nameFingerprint uint64
	textFingerprint uint64 // if it is a string
	kind            kind
	numeric         kind // of a long string: what it reads as
}

// Null returns an attribute with a nil value. Constraints on it never hold, as if the attribute were missing.
func Null(name string) Attribute {
	return Attribute{Name: name, nameFingerprint: fingerprint(name), kind: kindNil}
}

// Bool returns an attribute with a boolean value.
func Bool(name string, v bool) Attribute {
	k := kindFalse
	if v {
		k = kindTrue
	}
	return Attribute{Name: name, nameFingerprint: fingerprint(name), kind: k}
}

// Int returns an attribute with a 64-bit integer.
func Int(name string, v int64) Attribute {
	return Attribute{Name: name, nameFingerprint: fingerprint(name), kind: kindInt, num: uint64(v)}
}

// Float returns an attribute with a float, which stays a float even without a fraction.
func Float(name string, v float64) Attribute {
	return Attribute{Name: name, nameFingerprint: fingerprint(name), kind: kindFloat, num: math.Float64bits(v)}
}

// String returns an attribute with a string.
func String(name, v string) Attribute {
	a := Attribute{Name: name, nameFingerprint: fingerprint(name), kind: kindString, text: v, textFingerprint: fingerprint(v)}
	a.settle()
	return a
}

// Integer returns an attribute with an integer of any size, from decimal digits with an optional minus sign. If digits
// are anything else, the value is nil.
func Integer(name, digits string) Attribute {
	a := Attribute{Name: name, nameFingerprint: fingerprint(name), kind: kindNil}
	a.integer(digits)
	return a
}

// integer sets a to the integer with these digits; it reports false if they aren't digits.
func (a *Attribute) integer(digits string) bool {
	if !digitsOnly(digits) {
		return false
	}
	a.text = digits
	a.kind, a.num = numeric(digits)
	return true
}

// Encoded returns an attribute with a list or a map, from msgpack whose maps have ascending string keys. If the bytes
// are malformed, the value is nil.
func Encoded(name, msgpack string) Attribute {
	a := Attribute{Name: name, nameFingerprint: fingerprint(name), kind: kindNil}
	k, _, _ := head(msgpack, 0)
	end, ofModel := skip(msgpack, 0)
	if (k == kindArray || k == kindMap) && ofModel && end == int32(len(msgpack)) {
		a.kind, a.text = k, msgpack
	}
	return a
}

// number returns the attribute the way it is compared: a string that reads as a number is that number.
func (a *Attribute) number() number {
	switch {
	case a.kind != kindString:
		return number{a.kind, a.num, a.text}
	case len(a.text) > few:
		return number{a.numeric, a.num, a.text}
	}
	k, bits := numeric(a.text)
	return number{k, bits, a.text}
}

// settle sets what a long string reads as, since every comparison of it would have to read it again.
func (a *Attribute) settle() {
	if len(a.text) > few {
		a.numeric, a.num = numeric(a.text)
	}
}
