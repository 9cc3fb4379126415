package engine

import "math"

// Presence says how much is known of the actor.
type Presence uint8

const (
	NoActor Presence = iota // gates about actors and groups are not asked
	Keyless                 // only the groups are known: gates that need the key don't match
	Keyed
)

// Input is everything that a decision depends on besides the snapshot.
type Input struct {
	Actor      string // the actor's key; counts if Presence is Keyed
	Presence   Presence
	Groups     []string    // the groups that the actor is in
	Attributes []Attribute // the context; of two with one name the first counts
	Now        int64       // Unix microseconds
	Roll       uint64      // chance, for percentage_of_time

	// Attributes of a parsed request stay bytes until a rule asks for them.
	pending int32
	at      int32
	raw     string
	store   *[MaxAttributes]Attribute
}

// Attribute is one named value of the context. The constructors below make one.
type Attribute struct {
	Name string
	text string // of a string, the digits of an integer beyond int64, the msgpack of an array or map
	num  uint64 // int64, or the bits of a float64
	sign uint64 // of the name
	mark uint64 // of the text, if it is a string
	kind kind
}

// Null is a nil value: a constraint on it never holds, as if the attribute were missing.
func Null(name string) Attribute { return Attribute{Name: name, sign: sign(name), kind: kindNil} }

// Bool is true or false.
func Bool(name string, v bool) Attribute {
	k := kindFalse
	if v {
		k = kindTrue
	}
	return Attribute{Name: name, sign: sign(name), kind: k}
}

// Int is an integer of 64 bits.
func Int(name string, v int64) Attribute {
	return Attribute{Name: name, sign: sign(name), kind: kindInt, num: uint64(v)}
}

// Float is a float; it stays one even without a fraction.
func Float(name string, v float64) Attribute {
	return Attribute{Name: name, sign: sign(name), kind: kindFloat, num: math.Float64bits(v)}
}

// String is text.
func String(name, v string) Attribute {
	return Attribute{Name: name, sign: sign(name), kind: kindString, text: v, mark: sign(v)}
}

// Integer is an integer of any size, as decimal digits with an optional minus sign. Anything else is a nil value.
func Integer(name, digits string) Attribute {
	a := Attribute{Name: name, sign: sign(name), kind: kindNil}
	a.integer(digits)
	return a
}

// integer makes a the integer of these digits; false if they are none.
func (a *Attribute) integer(digits string) bool {
	if !digitsOnly(digits) {
		return false
	}
	a.text = digits
	a.kind, a.num = numeric(digits)
	return true
}

// Encoded is a list or a map, as msgpack whose maps have ascending string keys. Malformed bytes are a nil value.
func Encoded(name, msgpack string) Attribute {
	a := Attribute{Name: name, sign: sign(name), kind: kindNil}
	if k, _, _ := head(msgpack, 0); (k == kindArray || k == kindMap) && skip(msgpack, 0) == int32(len(msgpack)) {
		a.kind, a.text = k, msgpack
	}
	return a
}

// number is the attribute as compared: a string that reads as a number is that number.
func (a *Attribute) number() number {
	if a.kind == kindString {
		k, bits := numeric(a.text)
		return number{k, bits, a.text}
	}
	return number{a.kind, a.num, a.text}
}
