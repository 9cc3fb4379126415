package accessors

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Flag is what a program can ask about one flag.
type Flag struct {
	Key         string
	Description string
	Name        Name      // unique among the flags
	Variants    []Variant // none if it has no variants
	Payload     *Type     // nil if no variant has a payload
}

// Variant is one of the values that a flag can serve.
type Variant struct {
	Key  string // its name in the flag
	Name Name   // unique among the flag's variants
}

// Name is a name as lower-case words, which each language joins in its own way.
type Name []string

// Of returns the flags of a sorted set.
func Of(set *flagset.Set) []Flag {
	flags := make([]Flag, len(set.Flags))
	keys := make([]string, len(set.Flags))
	for i := range set.Flags {
		f := &set.Flags[i]
		flags[i] = Flag{Key: f.Key, Description: f.Description}
		keys[i] = f.Key
		for _, g := range f.Gates {
			flags[i].variants(g.Variants)
		}
	}
	names := namesOf(keys, func(a, b int) bool { return flags[a].shadows(keys[a], keys[b]) })
	for i := range flags {
		flags[i].Name = names[i]
	}
	return flags
}

func (f *Flag) variants(variants []flagset.Variant) {
	names := make([]string, len(variants))
	for i, v := range variants {
		names[i] = v.Name
		if len(v.Payload) > 0 {
			f.Payload = join(f.Payload, typeOf(v.Payload))
		}
	}
	if k := kindOf(f.Payload); k == Any || k == List { // validation lets no such payload through
		f.Payload = nil
	}
	for i, name := range namesOf(names, nil) {
		f.Variants = append(f.Variants, Variant{names[i], name})
	}
}

// shadows reports whether one of the flag's other functions or types might be called as the function of another flag:
// the flag hero has a heroVariant, and so has the flag hero_variant.
func (f *Flag) shadows(key, other string) bool {
	rest, found := strings.CutPrefix(strings.Join(wordsOf(other), ""), strings.Join(wordsOf(key), ""))
	return found && len(f.Variants) > 0 && (strings.HasPrefix(rest, "variant") || strings.HasPrefix(rest, "payload"))
}

// namesOf returns a name for each key. Keys whose names would be mistaken for each other get a part of their hash, all of
// them, so that none takes another's place when that one goes.
func namesOf(keys []string, shadows func(a, b int) bool) []Name {
	names := make([]Name, len(keys))
	same := map[string][]int{}
	for i, key := range keys {
		names[i] = wordsOf(key)
		same[strings.Join(names[i], "")] = append(same[strings.Join(names[i], "")], i)
	}
	confused := make([]bool, len(keys))
	for _, all := range same {
		for _, i := range all {
			confused[i] = len(all) > 1
		}
	}
	if shadows != nil {
		byName := make([]string, 0, len(same))
		for name := range same {
			byName = append(byName, name)
		}
		slices.Sort(byName)
		for at, name := range byName {
			for _, other := range byName[at+1:] {
				if !strings.HasPrefix(other, name) {
					break
				}
				for _, i := range same[name] {
					for _, j := range same[other] {
						if shadows(i, j) {
							confused[i], confused[j] = true, true
						}
					}
				}
			}
		}
	}
	for i, key := range keys {
		if confused[i] {
			names[i] = append(slices.Clone(names[i]), hashOf(key))
		}
	}
	return names
}

// hashOf returns a word that only this key has, as good as surely. It begins with a letter, so that it stays a word of
// its own.
func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "x" + hex.EncodeToString(sum[:4])
}

// wordsOf splits a key into lower-case words of ASCII letters and digits. Where a capital follows a small letter, a new
// word begins.
func wordsOf(key string) Name {
	var words Name
	var word []byte
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	last := ' '
	for _, r := range key {
		if r >= unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
		} else {
			if unicode.IsUpper(r) && !unicode.IsUpper(last) {
				end()
			}
			word = append(word, byte(r))
		}
		last = r
	}
	end()
	if len(words) == 0 {
		return Name{"flag", hashOf(key)}
	}
	if words[0][0] <= '9' {
		return append(Name{"flag"}, words...)
	}
	return words
}

// Camel returns the name as newCheckout.
func (n Name) Camel() string { return n[0] + n[1:].Pascal() }

// Pascal returns the name as NewCheckout.
func (n Name) Pascal() string {
	var b strings.Builder
	for _, word := range n {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// Snake returns the name as new_checkout.
func (n Name) Snake() string { return strings.Join(n, "_") }

// Upper returns the name as NEW_CHECKOUT.
func (n Name) Upper() string { return strings.ToUpper(n.Snake()) }
