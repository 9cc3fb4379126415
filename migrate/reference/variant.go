package reference

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
)

// Score16 returns an actor's place in a flag's rollout: the first 16 bits of a SHA-256, actor first.
func Score16(actor, flag string) uint16 {
	sum := sha256.Sum256([]byte(actor + flag))
	return binary.BigEndian.Uint16(sum[:])
}

// Score returns the same as a number from 0 to 1.
func Score(actor, flag string) float64 { return float64(Score16(actor, flag)) / 65_536 }

// Variant is Bandera's variant with the default nil, whatever the flag's other gates say.
func (s *Store) Variant(name string, q *Question) (*string, error) {
	p := s.lookup(name)
	switch {
	case p.flag.Raises != "":
		return nil, errors.New(p.flag.Raises)
	case p.variant == nil || !q.given():
		return nil, nil
	case q.Keyless:
		return nil, errKeyless
	case p.variant.Raises != "":
		return nil, errors.New(p.variant.Raises)
	}
	return allocate(p.variant.Weights, Score(*q.Actor, name))
}

var errOverflow = errors.New("the weights are too large for a float")

// allocate picks the variant at a score, with the float arithmetic of bandera/flag.ex.
func allocate(weights map[string]any, score float64) (*string, error) {
	var total any = new(big.Int)
	for _, name := range sortedNames(weights) {
		var err error
		if total, err = sum(total, weights[name]); err != nil {
			return nil, err
		}
	}
	whole, err := float(total)
	if err != nil {
		return nil, err
	}
	pick, at := score*whole, 0.0
	var last *string
	for _, name := range sortedNames(weights) {
		weight, err := float(weights[name])
		if err != nil {
			return nil, err
		}
		if at += weight; math.IsInf(at, 0) {
			return nil, errOverflow
		}
		last = &name
		if pick < at {
			break
		}
	}
	return last, nil
}

// sum adds integers exactly until there is a float.
func sum(a, b any) (any, error) {
	x, whole := a.(*big.Int)
	y, bothWhole := b.(*big.Int)
	if whole && bothWhole {
		return new(big.Int).Add(x, y), nil
	}
	f, err := float(a)
	if err != nil {
		return nil, err
	}
	g, err := float(b)
	if err != nil {
		return nil, err
	}
	if math.IsInf(f+g, 0) {
		return nil, errOverflow
	}
	return f + g, nil
}

func float(v any) (float64, error) {
	i, whole := v.(*big.Int)
	if !whole {
		return v.(float64), nil
	}
	f, _ := new(big.Float).SetInt(i).Float64()
	if math.IsInf(f, 0) {
		return 0, errOverflow
	}
	return f, nil
}
