package accessors

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Language writes the functions in one programming language.
type Language struct {
	Name     string // as people type it
	Title    string
	File     string // what such a file is usually called
	Package  string // what the file is part of if nothing else is asked for: a package, a module or a class
	packages *regexp.Regexp
	template string
	reserved map[string]bool // names that a function or a member can't have
	suffix   string          // of a name that is reserved
	format   func([]byte) ([]byte, error)
	quote    func(string) string
	types    forms // the type of a value
	boxed    forms // the type of a value that may be null, where that is another
	checks   forms // whether a decoded value is of the type; all empty where the language's JSON reader finds out
	reads    forms // a checked value as the type
	isList   string
	anyList  string // reads a list whose elements need no reading
}

// forms are how a language writes something for each kind. In them $v stands for the value, $o for the name of the object's
// type, $e for an element of the list, and $i for what is written of the element.
type forms [Object + 1]string

// Languages returns all languages, in the order in which people are shown them.
func Languages() []*Language { return []*Language{golang, typescript, python, java, elixir} }

//go:embed *.tmpl
var templates embed.FS

// Write returns the file for a sorted set. The package is that of the language if it is empty.
func (l *Language) Write(set *flagset.Set, pkg string) ([]byte, error) {
	if pkg == "" {
		pkg = l.Package
	}
	if l.packages != nil && !l.packages.MatchString(pkg) {
		return nil, fmt.Errorf("%q can't be the name of a package in %s, such as %s", pkg, l.Title, l.Package)
	}
	t, err := template.New(l.template).Funcs(template.FuncMap{
		"quote":    l.quote,
		"comment":  comment,
		"objects":  objectsOf,
		"function": l.function,
		"kind":     func(t *Type) Kind { return kindOf(t) },
		"type":     func(t *Type, object string) string { return typeName(t, object, &l.types, &l.boxed) },
		"boxed":    func(t *Type, object string) string { return typeName(t, object, &l.boxed, &l.boxed) },
		"check":    l.check,
		"read":     l.read,
		"required": required,
		"add":      func(parts ...string) string { return strings.Join(parts, "") },
	}).ParseFS(templates, l.template)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	d := document{Package: pkg, Flags: Of(set)}
	d.Before, d.After = splitPackage(pkg)
	for _, f := range d.Flags {
		d.Objects = d.Objects || kindOf(f.Payload) == Object
		d.Scalars = d.Scalars || f.Payload != nil && kindOf(f.Payload) != Object
	}
	if err := t.Execute(&b, d); err != nil || l.format == nil {
		return b.Bytes(), err
	}
	return l.format(b.Bytes())
}

// document is what a template shows.
type document struct {
	Package, Before, After string // the whole name, and what stands before and after its last dot
	Flags                  []Flag
	Objects, Scalars       bool // whether there are payloads that are objects, and others
}

// splitPackage cuts com.example.Flags into com.example and Flags.
func splitPackage(pkg string) (before, after string) {
	if i := strings.LastIndexByte(pkg, '.'); i >= 0 {
		return pkg[:i], pkg[i+1:]
	}
	return "", pkg
}

// function returns a name that the language doesn't reserve.
func (l *Language) function(name string) string {
	if l.reserved[name] {
		return name + l.suffix
	}
	return name
}

// typeName returns how the language calls a type. The elements of a list have the inner forms, unless those are empty.
func typeName(t *Type, object string, outer, inner *forms) string {
	t = known(t)
	if inner[t.Kind] == "" {
		inner = outer
	}
	form := outer[t.Kind]
	if t.Kind == List {
		form = strings.ReplaceAll(form, "$i", typeName(t.Element, object, inner, inner))
	}
	return strings.ReplaceAll(form, "$o", object)
}

// check returns an expression that reports whether a decoded value is of a type.
func (l *Language) check(t *Type, object, value string) string {
	t = known(t)
	if t.Kind == List && kindOf(t.Element) == Any {
		return strings.ReplaceAll(l.isList, "$v", value)
	}
	return l.write(l.checks[t.Kind], t, object, value, l.check)
}

// read returns an expression that turns a checked value into the type.
func (l *Language) read(t *Type, object, value string) string {
	t = known(t)
	if e := elementOf(value); t.Kind == List && l.read(t.Element, object, e) == e {
		return strings.ReplaceAll(l.anyList, "$v", value)
	}
	return l.write(l.reads[t.Kind], t, object, value, l.read)
}

// write fills in a form.
func (l *Language) write(form string, t *Type, object, value string, inner func(t *Type, object, value string) string) string {
	e := elementOf(value)
	if t.Kind == List {
		form = strings.ReplaceAll(form, "$i", inner(t.Element, object, e))
	}
	return strings.NewReplacer("$v", value, "$o", object, "$e", e).Replace(form)
}

// elementOf returns a name for an element of a list that no list around it has.
func elementOf(value string) string {
	if strings.Trim(value, "e") == "" {
		return value + "e"
	}
	return "e"
}

// known returns the type, or Any for one of which nothing was seen.
func known(t *Type) *Type {
	if t == nil {
		return &Type{}
	}
	return t
}

func kindOf(t *Type) Kind { return known(t).Kind }

// object is an object's type with its name.
type object struct {
	Name    string // the flag's, and the way to the object
	Members []objectMember
}

// objectMember is a member with the name of its type, if it is an object or a list of objects.
type objectMember struct {
	Member
	Object string
}

// objectsOf returns the objects of a payload, the inner ones first. The outermost has the name that is passed.
func objectsOf(t *Type, name string) []object {
	var all []object
	used := map[string]bool{}
	var visit func(t *Type, name, path string) string
	visit = func(t *Type, name, path string) string {
		t = known(t)
		switch t.Kind {
		case List:
			return visit(t.Element, name+"Item", path+"/-")
		case Object:
		default:
			return ""
		}
		if used[name] {
			name += Name{hashOf(path)}.Pascal()
		}
		used[name] = true
		o := object{Name: name}
		for _, m := range t.Members {
			o.Members = append(o.Members, objectMember{m, visit(m.Type, name+m.Name.Pascal(), path+"/"+m.Key)})
		}
		all = append(all, o)
		return name
	}
	visit(t, name, "")
	return all
}

// required returns the members that must be there.
func required(members []objectMember) []objectMember {
	return slices.DeleteFunc(slices.Clone(members), func(m objectMember) bool { return m.Optional })
}

// comment returns a text for a line of a comment: on one line, without anything that could end the comment, stand for
// something else in the language, or be shown in another order than it is read.
func comment(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
	}), " ")
	text = strings.NewReplacer(`\`, "/", "*/", "* /", "/*", "/ *", "#{", "# {", `"`, "'", "@", "(at)", "<", "‹", ">", "›").Replace(text)
	const most = 300
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + " …"
	}
	return text
}

// quoter returns how a language writes a text in double quotes: printable ASCII as it is, but for what is special there,
// and everything else by its number.
func quoter(special, escape string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		b.WriteByte('"')
		for _, r := range text {
			switch {
			case strings.ContainsRune(special, r):
				b.WriteByte('\\')
				b.WriteRune(r)
			case r >= ' ' && r < unicode.MaxASCII:
				b.WriteRune(r)
			case escape == `\u%04x` && r > 0xffff:
				r -= 0x10000
				fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			default:
				fmt.Fprintf(&b, escape, r)
			}
		}
		b.WriteByte('"')
		return b.String()
	}
}

// words returns a set of words.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}
