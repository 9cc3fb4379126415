package migrate

import (
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// KeyFor returns a key like a name that can't be one, which no flag of the set has.
func KeyFor(name string, set *flagset.Set) string {
	key := strings.Map(func(r rune) rune {
		if r == '/' || r == 0xFFFD || flagset.ControlProblem(string(r), "") != "" {
			return '_'
		}
		return r
	}, strings.TrimSpace(flagset.ValidText(name)))
	if runes := []rune(key); len(runes) > flagset.MaxKeyRunes-4 {
		key = strings.TrimSpace(string(runes[:flagset.MaxKeyRunes-4]))
	}
	if strings.Trim(key, ".") == "" {
		key = "flag"
	}
	for n, plain := 2, key; set.Flag(key) != nil; n++ {
		key = plain + "_" + strconv.Itoa(n)
	}
	return key
}
