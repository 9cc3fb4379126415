package flagset

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MarshalYAML writes a set as a YAML document for people. It leaves out members that are empty or have their usual
// value, and writes short lists on one line.
func MarshalYAML(set *Set) ([]byte, error) {
	var text bytes.Buffer
	err := WriteYAML(&text, set.Settings, items(set.Flags), items(set.Segments))
	return text.Bytes(), err
}

func items[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range list {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// WriteYAML writes a set as MarshalYAML does, but only has a few of its parts in memory at a time. It returns the first
// error of its arguments.
func WriteYAML(to io.Writer, settings Settings, flags iter.Seq2[Flag, error], segments iter.Seq2[Segment, error]) error {
	text, err := settings.MarshalJSON()
	if err != nil {
		return err
	}
	root := rootOf(text)
	if _, err := to.Write(yamlMember("settings", root.yaml("settings"))); err != nil {
		return err
	}
	if err := writeYAMLList(to, "flags", flags); err != nil {
		return err
	}
	return writeYAMLList(to, "segments", segments)
}

// yamlBatch is about how much JSON is written as YAML at once. The library makes a tree of it, so a flag or segment that
// is larger by itself is written as JSON in one line, which is YAML too.
const yamlBatch = 32 << 10

func writeYAMLList[T json.Marshaler](to io.Writer, name string, list iter.Seq2[T, error]) error {
	var batch yaml.Node
	begun, size := false, 0
	write := func() error {
		if len(batch.Content) == 0 {
			return nil
		}
		text := yamlMember(name, &batch)
		if begun {
			_, text, _ = bytes.Cut(text, []byte{'\n'}) // the name stands above the first batch
		}
		batch, begun, size = yaml.Node{Kind: yaml.SequenceNode}, true, 0
		_, err := to.Write(text)
		return err
	}
	batch.Kind = yaml.SequenceNode
	for item, err := range list {
		if err != nil {
			return err
		}
		text, err := item.MarshalJSON()
		if err != nil {
			return err
		}
		if len(text) > yamlBatch {
			if err := write(); err != nil {
				return err
			}
			if !begun {
				text = slices.Concat([]byte(name+":\n  - "), text, []byte{'\n'})
			} else {
				text = slices.Concat([]byte("  - "), text, []byte{'\n'})
			}
			begun = true
			if _, err := to.Write(text); err != nil {
				return err
			}
			continue
		}
		root := rootOf(text)
		batch.Content = append(batch.Content, root.yaml(name))
		if size += len(text); size > yamlBatch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	return write()
}

// yamlMember returns a document of one member.
func yamlMember(name string, value *yaml.Node) []byte {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	_ = encoder.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{yamlText(name), value}}) // to memory: it can't fail
	_ = encoder.Close()
	return text.Bytes()
}

// usual lists members with the value that they have when they are left out.
var usual = map[string]string{
	"description": `""`, "owner": `""`, "tags": `[]`, "permanent": `false`, "killed": `false`, "off_variant": `null`,
	"flags": `[]`, "segments": `[]`, "gates": `[]`, "from": `null`, "until": `null`,
}

// yaml returns the node in YAML; name is the name of the member that it is.
func (n *node) yaml(name string) *yaml.Node {
	switch n.kind {
	case kindObject:
		y := &yaml.Node{Kind: yaml.MappingNode}
		for member, item := range n.children() {
			// Inside payloads and values, every member is written.
			if left, ok := usual[member]; ok && name != "payload" && name != "values" && string(appendValue(nil, item.plain())) == left {
				continue
			}
			y.Content = append(y.Content, yamlText(member), item.yaml(inner(name, member)))
		}
		return y
	case kindList:
		y := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range n.children() {
			y.Content = append(y.Content, item.yaml(name))
		}
		if name == "values" || name == "tags" || len(y.Content) == 0 {
			y.Style = yaml.FlowStyle
		}
		return y
	case kindString:
		return yamlText(n.value.(string))
	case kindNull:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case kindBool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: string(appendValue(nil, n.value))}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: string(appendNumber(nil, n.value))}
}

// inner returns the name for a member inside another: everything inside "payload" and "values" keeps these names.
func inner(name, member string) string {
	if name == "payload" || name == "values" {
		return name
	}
	return member
}

// yamlText returns a string, in quotes if YAML or people would read something else.
func yamlText(s string) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: s}
	switch tag := plain.ShortTag(); {
	case s == "", tag != "!!str" && tag != "!!timestamp", strings.ContainsAny(s, "\n\r\t\u0085\u2028\u2029\ufeff"):
		y.Style = yaml.DoubleQuotedStyle
	case slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(s)): // booleans in YAML 1.1
		y.Style = yaml.DoubleQuotedStyle
	}
	y.Tag = "!!str"
	return y
}
