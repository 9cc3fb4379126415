package docs

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write reference/api.md")

// node is a part of the OpenAPI document, whose members keep their order.
type node struct{ *yaml.Node }

// TestAPI compares reference/api.md with what openapi.yaml says.
func TestAPI(t *testing.T) {
	text, err := os.ReadFile("../controlplane/httpapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	const path = "reference/api.md"
	page := apiPage(node{document.Content[0]})
	old, err := os.ReadFile(path)
	switch {
	case page == string(old):
	case *update:
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/%s isn't as openapi.yaml is (%v): make golden", path, err)
	}
}

// apiPage returns the page: the operations by tag, and the documents that they take and return.
func apiPage(root node) string {
	var b strings.Builder
	info := root.get("info")
	fmt.Fprintf(&b, "# The HTTP API\n\n%s\n\nA server has this document for machines at `/openapi.json`. `make golden` writes this page.\n", strings.TrimSpace(info.at("description")))
	for _, tag := range root.get("tags").list() {
		name := tag.at("name")
		fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(name[:1])+name[1:])
		root.get("paths").each(func(path string, methods node) {
			methods.each(func(method string, operation node) {
				if tags := operation.get("tags").list(); len(tags) > 0 && tags[0].Value == name {
					writeOperation(&b, root, strings.ToUpper(method)+" "+path, methods, operation)
				}
			})
		})
	}
	b.WriteString("\n## Documents\n")
	root.get("components").get("schemas").each(func(name string, schema node) {
		if !schema.isDocument() {
			return
		}
		fmt.Fprintf(&b, "\n### %s\n", name)
		if about := schema.at("description"); about != "" {
			fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(about))
		}
		for _, part := range append(schema.get("allOf").list(), schema) {
			if part.at("$ref") != "" {
				fmt.Fprintf(&b, "\nIt has what %s has.\n", kind(root, part))
			}
			if part.get("properties").Node != nil {
				writeMembers(&b, root, part, "always there")
			}
		}
	})
	return b.String()
}

// writeMembers writes a table of a document's members, and which of them are required, in a word for that.
func writeMembers(b *strings.Builder, root, schema node, must string) {
	b.WriteString("\n| member | type | |\n|---|---|---|\n")
	var required []string
	for _, one := range schema.get("required").list() {
		required = append(required, one.Value)
	}
	schema.get("properties").each(func(member string, property node) {
		about := property.at("description")
		if slices.Contains(required, member) {
			about = strings.TrimSuffix(must+". "+about, " ")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", member, kind(root, property), cell(about))
	})
}

// isDocument reports whether a schema has members, so that the page has a section about it.
func (n node) isDocument() bool { return n.get("properties").Node != nil || n.get("allOf").Node != nil }

// outline is the kind of a body or an answer, whose members stand in a table of their own.
func outline(root, schema node) string {
	if schema.get("properties").Node != nil {
		return "object"
	}
	return kind(root, schema)
}

// orNull says that a document may be null as well.
func orNull(schema node) string {
	for _, one := range schema.get("type").list() {
		if one.Value == "null" {
			return " or null"
		}
	}
	return ""
}

// isObject reports whether a node has members.
func (n node) isObject() bool { return n.Node != nil && n.Kind == yaml.MappingNode }

// writeOperation writes one operation.
func writeOperation(b *strings.Builder, root node, name string, path, operation node) {
	fmt.Fprintf(b, "\n### `%s`\n\n%s.", name, strings.TrimSuffix(operation.at("summary"), "."))
	if about := strings.TrimSpace(operation.at("description")); about != "" {
		fmt.Fprintf(b, " %s", about)
	}
	b.WriteString("\n")
	var rows []string
	for _, p := range append(path.get("parameters").list(), operation.get("parameters").list()...) {
		if p = p.resolved(root); p.at("in") != "path" {
			rows = append(rows, fmt.Sprintf("| `%s` (%s) | %s | %s |\n", p.at("name"), p.at("in"), kind(root, p.get("schema")), cell(p.at("description"))))
		}
	}
	if len(rows) > 0 {
		b.WriteString("\n| parameter | type | |\n|---|---|---|\n" + strings.Join(rows, ""))
	}
	b.WriteString("\n")
	operation.get("requestBody").resolved(root).get("content").each(func(media string, content node) {
		fmt.Fprintf(b, "- takes %s (`%s`)\n", outline(root, content.get("schema")), media)
	})
	var answers []node
	operation.get("responses").each(func(status string, answer node) {
		answer = answer.resolved(root)
		if strings.HasPrefix(status, "2") || status == "304" {
			fmt.Fprintf(b, "- answers %s: %s%s\n", status, strings.TrimSuffix(inline(answer.at("description")), "."), returns(root, answer))
			answers = append(answers, answer)
		}
	})
	writeInline(b, root, operation.get("requestBody").resolved(root), "The body has", "required")
	for _, answer := range slices.Compact(answers) {
		writeInline(b, root, answer, "The answer has", "always there")
	}
}

// writeInline writes the members of a body or an answer that are of no document with a section of its own.
func writeInline(b *strings.Builder, root, body node, has, must string) {
	body.get("content").each(func(_ string, content node) {
		schema := content.get("schema").resolved(root)
		if content.get("schema").at("$ref") != "" && schema.isDocument() {
			return
		}
		for _, part := range append(schema.get("allOf").list(), schema) {
			if part.get("properties").Node == nil {
				continue
			}
			about := inline(part.at("description"))
			if about != "" {
				about = ", " + about
			}
			fmt.Fprintf(b, "\n%s%s:\n", has, about)
			writeMembers(b, root, part, must)
		}
	})
}

// returns says which documents an answer has.
func returns(root, answer node) (text string) {
	answer.get("content").each(func(media string, content node) {
		if k := outline(root, content.get("schema")); k != "" && k != "string" {
			text += ", " + k
		} else {
			text += ", `" + media + "`"
		}
	})
	return text
}

// kind says what a schema describes, in a few words.
func kind(root, schema node) string {
	switch {
	case schema.Node == nil:
		return ""
	case schema.at("$ref") != "":
		if to := schema.resolved(root); !to.isDocument() {
			return kind(root, to)
		}
		name := schema.at("$ref")[strings.LastIndex(schema.at("$ref"), "/")+1:]
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	case schema.get("enum").Node != nil:
		var values []string
		for _, v := range schema.get("enum").list() {
			values = append(values, "`"+v.Value+"`")
		}
		return strings.Join(values, ", ")
	case schema.get("const").Node != nil:
		return "`" + schema.at("const") + "`"
	case schema.get("oneOf").Node != nil:
		var kinds []string
		for _, one := range schema.get("oneOf").list() {
			kinds = append(kinds, kind(root, one))
		}
		return strings.Join(kinds, " or ")
	case schema.get("allOf").Node != nil:
		var parts []string
		for _, part := range schema.get("allOf").list() {
			if part.at("$ref") != "" {
				parts = append(parts, kind(root, part))
			}
		}
		return strings.Join(parts, " with ")
	case schema.get("properties").Node != nil:
		var members []string
		schema.get("properties").each(func(member string, property node) {
			members = append(members, fmt.Sprintf("`%s` (%s)", member, kind(root, property)))
		})
		return "object of " + strings.Join(members, ", ") + orNull(schema)
	case schema.get("additionalProperties").isObject():
		return "object from names to " + kind(root, schema.get("additionalProperties"))
	case schema.at("type") == "array":
		return "list of " + kind(root, schema.get("items"))
	case schema.get("type").Node != nil && schema.get("type").Kind == yaml.SequenceNode:
		var kinds []string
		for _, one := range schema.get("type").list() {
			kinds = append(kinds, one.Value)
		}
		return strings.Join(kinds, " or ")
	case schema.at("type") == "":
		return "any"
	case schema.at("format") == "date-time":
		return "time" // ISO 8601, in UTC
	case schema.at("maximum") != "":
		return schema.at("type") + " up to " + schema.at("maximum")
	}
	return schema.at("type")
}

// cell is a text in a table, inline one in a line.
func cell(text string) string {
	parts := strings.Split(strings.ReplaceAll(inline(text), "|", `\|`), "`")
	for i := 0; i < len(parts); i += 2 { // the others are code, which shows what it has
		parts[i] = strings.ReplaceAll(parts[i], "<", "&lt;")
	}
	return strings.Join(parts, "`")
}

func inline(text string) string { return strings.Join(strings.Fields(text), " ") }

// get returns a member, or nothing.
func (n node) get(name string) (found node) {
	n.each(func(key string, value node) {
		if key == name {
			found = value
		}
	})
	return found
}

// at returns a member that is a text.
func (n node) at(name string) string {
	if v := n.get(name); v.Node != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// each calls a function for the members.
func (n node) each(f func(key string, value node)) {
	if n.Node != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			f(n.Content[i].Value, node{n.Content[i+1]})
		}
	}
}

func (n node) list() (all []node) {
	if n.Node != nil && n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			all = append(all, node{c})
		}
	}
	return all
}

// resolved follows a reference.
func (n node) resolved(root node) node {
	ref, is := strings.CutPrefix(n.at("$ref"), "#/")
	if !is {
		return n
	}
	for part := range strings.SplitSeq(ref, "/") {
		root = root.get(part)
	}
	return root
}
