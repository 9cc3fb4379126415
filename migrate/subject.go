package migrate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// MaxLineBytes is how long a line of a file of actors may be: a request to the server may not be longer either.
const MaxLineBytes = 1 << 20

// ReadSubjects yields the subjects of a file: on each line an actor's id, or a JSON object {"actor": …, "groups": […],
// "attributes": {…}}. An error ends it.
func ReadSubjects(r io.Reader) iter.Seq2[Subject, error] {
	return func(yield func(Subject, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, MaxLineBytes)
		n := 1
		for ; lines.Scan(); n++ {
			text := lines.Bytes()
			if n == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // with which some editors begin a file
			}
			text = bytes.TrimSpace(text)
			if len(text) == 0 {
				continue
			}
			s, err := subject(text)
			if err != nil {
				yield(s, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(s, nil) {
				return
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(Subject{}, fmt.Errorf("line %d is longer than %d bytes", n, MaxLineBytes))
		case err != nil:
			yield(Subject{}, err)
		}
	}
}

func subject(text []byte) (Subject, error) {
	if !utf8.Valid(text) {
		return Subject{}, errors.New("it isn't valid UTF-8")
	}
	if text[0] != '{' {
		id := string(text)
		if text[0] == '"' && json.Unmarshal(text, &id) != nil {
			return Subject{}, errors.New("it begins with a quote, and is no JSON text")
		}
		return Subject{Actor: &id}, nil
	}
	var form struct {
		Actor      any            `json:"actor"`
		Groups     []string       `json:"groups"`
		Attributes map[string]any `json:"attributes"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&form); err != nil {
		return Subject{}, fmt.Errorf("it isn't an object with actor, groups and attributes: %w", err)
	}
	s := Subject{Groups: form.Groups, Attributes: form.Attributes}
	switch id := form.Actor.(type) {
	case nil:
	case string:
		s.Actor = &id
	case json.Number:
		text := string(id)
		if strings.ContainsAny(text, ".eE") {
			return s, errors.New("actor is a float, which has no one form as text")
		}
		s.Actor = &text
	default:
		return s, errors.New("actor is neither text nor an integer")
	}
	return s, nil
}

// MadeUp yields n subjects that are always the same: user:1, user:2 and so on, and now and then an actor that a flag
// names, in groups and with attributes that the flags ask for, or with ones beside them.
func MadeUp(n int, set *flagset.Set) iter.Seq2[Subject, error] {
	actors, groups, values := asked(set)
	return func(yield func(Subject, error) bool) {
		chance := rand.New(rand.NewPCG(1, 2))
		for i := 1; i <= n; i++ {
			id := "user:" + strconv.Itoa(i)
			if len(actors) > 0 && chance.IntN(8) == 0 {
				id = actors[chance.IntN(len(actors))]
			}
			s := Subject{Actor: &id, Attributes: map[string]any{}}
			if chance.IntN(64) == 0 {
				s.Actor = nil
			}
			for range chance.IntN(4) {
				if len(groups) > 0 && s.Actor != nil {
					if group := groups[chance.IntN(len(groups))]; !slices.Contains(s.Groups, group) {
						s.Groups = append(s.Groups, group)
					}
				}
			}
			for _, name := range slices.Sorted(maps.Keys(values)) {
				if list := values[name]; chance.IntN(4) > 0 {
					s.Attributes[name] = list[chance.IntN(len(list))]
				}
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// asked returns what the flags of a set ask for.
func asked(set *flagset.Set) (actors, groups []string, values map[string][]any) {
	const most = 1_000 // actors and groups
	values = map[string][]any{}
	ask := func(constraints []flagset.Constraint) {
		for _, c := range constraints {
			list := append(values[c.Attribute], "", "other", json.Number("0"), json.Number("-1"), json.Number("1000000"))
			for _, v := range c.Values {
				switch v := v.(type) {
				case string:
					list = append(list, v, v+"x", "x"+v)
				case int64:
					list = append(list, json.Number(strconv.FormatInt(v, 10)), json.Number(strconv.FormatInt(v+1, 10)), json.Number(strconv.FormatInt(v-1, 10)), strconv.FormatInt(v, 10))
				case float64:
					list = append(list, json.Number(strconv.FormatFloat(v, 'g', -1, 64)), json.Number(strconv.FormatFloat(v+0.5, 'g', -1, 64)))
				case bool:
					list = append(list, v, !v)
				}
			}
			values[c.Attribute] = list
		}
	}
	for i := range set.Flags {
		for _, g := range set.Flags[i].Gates {
			switch {
			case g.Type == flagset.Actor && len(actors) < most:
				actors = append(actors, g.Target)
			case g.Type == flagset.Group && len(groups) < most:
				groups = append(groups, g.Target)
			}
			ask(g.Constraints)
		}
	}
	for i := range set.Segments {
		ask(set.Segments[i].Constraints)
	}
	return actors, groups, values
}
