package elixir

import (
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// Format is a form in which flags go back to a library.
type Format struct {
	Library reference.Library
	Kind    string // redis: commands for redis-cli; sql: statements for PostgreSQL and SQLite; mysql: for MySQL and MariaDB
}

// Formats are all of them.
var Formats = []Format{
	{reference.Bandera, "redis"}, {reference.Bandera, "sql"}, {reference.Bandera, "mysql"},
	{reference.FunWithFlags, "redis"}, {reference.FunWithFlags, "sql"}, {reference.FunWithFlags, "mysql"},
}

// String returns the format's name, such as bandera-redis.
func (f Format) String() string { return string(f.Library) + "-" + f.Kind }

// Back returns the flags of a set as a library has them, sorted by name, and what it can't say. A flag that it can't
// say altogether is left out.
func Back(library reference.Library, set *flagset.Set) ([]reference.Flag, []migrate.Finding) {
	b := back{library: library}
	for _, f := range set.Canonical().Flags {
		b.flag(&f, set.Settings.Conflict())
	}
	for _, s := range set.Canonical().Segments {
		b.about = migrate.Finding{Segment: s.Key}
		if library == reference.FunWithFlags {
			continue // the flags that use it are named
		}
		if constraints, ok := b.constraints(s.Constraints); ok {
			b.flags = append(b.flags, reference.Flag{Name: reference.SegmentPrefix + s.Key, Gates: []reference.Gate{{Type: reference.Rule, Enabled: true, Constraints: constraints}}})
		}
	}
	return b.flags, b.findings
}

// back carries flags to a library.
type back struct {
	library  reference.Library
	about    migrate.Finding
	flags    []reference.Flag
	findings []migrate.Finding
}

func (b *back) found(effect migrate.Effect, format string, args ...any) {
	f := b.about
	f.Effect, f.Detail = effect, fmt.Sprintf(format, args...)
	b.findings = append(b.findings, f)
}

func (b *back) flag(f *flagset.Flag, conflict flagset.GroupConflict) {
	b.about = migrate.Finding{Flag: f.Key}
	out := reference.Flag{Name: f.Key}
	if f.Killed {
		b.found(migrate.Same, "it is killed, so it goes back as a flag that is off, without its gates")
		out.Gates = []reference.Gate{{Type: reference.Boolean}}
		b.flags = append(b.flags, out)
		return
	}
	allows, denies := false, false
	for i := range f.Gates {
		g := &f.Gates[i]
		b.about.Gate = g.Slot()
		if g.Type == flagset.Group {
			allows, denies = allows || g.Enabled, denies || !g.Enabled
		}
		gate, ok := b.gate(g)
		if !ok {
			return
		}
		out.Gates = append(out.Gates, gate)
	}
	b.about.Gate = ""
	if allows && denies && string(conflict) != string(b.library.Conflict()) {
		b.found(migrate.Differs, "for an actor in an allowed and in a denied group, %s decides by %s, and %s is set here", b.library.Name(), b.library.Conflict(), conflict)
	}
	b.flags = append(b.flags, out)
}

// gate carries a gate. ok is false if the library can't say it.
func (b *back) gate(g *flagset.Gate) (out reference.Gate, ok bool) {
	out = reference.Gate{Type: reference.Type(g.Type), For: g.Target, Enabled: g.Enabled}
	simple := []flagset.GateType{flagset.Boolean, flagset.Actor, flagset.Group, flagset.PercentageOfTime, flagset.PercentageOfActors}
	if b.library == reference.FunWithFlags && !slices.Contains(simple, g.Type) {
		b.found(migrate.LeftOut, "FunWithFlags has no such gate")
		return out, false
	}
	switch g.Type {
	case flagset.PercentageOfTime, flagset.PercentageOfActors:
		if g.Ratio == nil {
			b.found(migrate.LeftOut, "it has no ratio")
			return out, false
		}
		out.Ratio, out.Enabled = *g.Ratio, true
	case flagset.Rule, flagset.SegmentGate:
		if g.Ratio != nil {
			b.found(migrate.LeftOut, "Bandera has no ratio for who matches")
			return out, false
		}
		out.Constraints, ok = b.constraints(g.Constraints)
		return out, ok
	case flagset.VariantGate:
		out.Enabled, out.Weights = true, map[string]any{}
		for _, v := range g.Variants {
			out.Weights[v.Name] = judged(v.Weight.Value())
			if v.Payload != nil {
				b.found(migrate.Same, "Bandera has no payloads: that of %s is left out", quoted(v.Name))
			}
		}
	case flagset.Schedule:
		out.Enabled = true
		for _, end := range []struct {
			text *string
			to   *any
		}{{g.From, &out.From}, {g.Until, &out.Until}} {
			if end.text != nil {
				*end.to = *end.text
			}
		}
	}
	return out, true
}

func (b *back) constraints(list []flagset.Constraint) ([]reference.Constraint, bool) {
	out := make([]reference.Constraint, len(list))
	for i, c := range list {
		if !reference.HasOperator(c.Operator) {
			b.found(migrate.LeftOut, "Bandera has no operator %s", c.Operator)
			return nil, false
		}
		out[i] = reference.Constraint{Attribute: c.Attribute, Operator: c.Operator, Values: make([]any, len(c.Values))}
		for j, v := range c.Values {
			out[i].Values[j] = judged(v)
		}
		if text, is := only(out[i].Values); is && c.Operator == "matches" && strings.Contains(text, "$") {
			b.found(migrate.Differs, "PCRE lets the $ of %s hold before a last line break, too", quoted(text))
		}
	}
	return out, true
}

// judged returns a value as package reference has it.
func judged(v any) any {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = judged(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = judged(v[name])
		}
		return object
	}
	return v
}

// Write writes flags in a format. Each flag takes the place of the one of its name.
func (f Format) Write(w io.Writer, flags []reference.Flag, o Options) error {
	if o.Table == "" {
		o.Table = f.Library.Table()
	}
	lines := []string{}
	if f.Kind != "redis" {
		lines = append(lines, "BEGIN;")
	}
	for _, flag := range flags {
		lines = append(lines, f.statements(flag, o)...)
	}
	if f.Kind != "redis" {
		lines = append(lines, "COMMIT;")
	}
	for _, line := range lines {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// statements returns what puts a flag into a store.
func (f Format) statements(flag reference.Flag, o Options) []string {
	if f.Kind == "redis" {
		hash := redisText(o.Prefix + f.Library.Hash(flag.Name))
		lines := []string{"MULTI", "DEL " + hash, "SADD " + redisText(o.Prefix+f.Library.Names()) + " " + redisText(flag.Name)}
		for _, g := range flag.Gates {
			field, value := g.Redis()
			lines = append(lines, "HSET "+hash+" "+redisText(field)+" "+redisText(value))
		}
		return append(lines, "EXEC")
	}
	lines := []string{"DELETE FROM " + o.Table + " WHERE flag_name = " + f.sqlText(flag.Name) + ";"}
	for _, g := range flag.Gates {
		r := g.SQL(f.Library, flag.Name)
		columns := "flag_name, gate_type, target, enabled"
		values := []string{f.sqlText(r.Flag), f.sqlText(r.Type), f.sqlText(r.Target), strings.ToUpper(fmt.Sprint(*r.Enabled))}
		if r.Value != nil {
			columns, values = columns+", value", append(values, f.sqlText(*r.Value))
		}
		lines = append(lines, "INSERT INTO "+o.Table+" ("+columns+") VALUES ("+strings.Join(values, ", ")+");")
	}
	return lines
}

// sqlText quotes a text. A backslash is a character in standard SQL, and an escape in MySQL.
func (f Format) sqlText(text string) string {
	text = strings.ReplaceAll(text, "'", "''")
	if f.Kind == "mysql" {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	return "'" + text + "'"
}

// redisText quotes a text as redis-cli reads it.
func redisText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
