package gonfalon

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// payload returns the payload of the variant that the actor is served; empty if there is none.
func (c *Client) payload(key string, opts []Option) string {
	var d engine.Decision
	_, _ = c.decide(key, opts, &d)
	return d.Payload
}

// Payload returns the payload of the served variant as JSON; nil without one. The caller must not write to it.
func (c *Client) Payload(key string, opts ...Option) json.RawMessage {
	if p := c.payload(key, opts); p != "" {
		return json.RawMessage(p)
	}
	return nil
}

// PayloadBool returns the payload of the served variant, or the default if it has none or one of another type.
func (c *Client) PayloadBool(key string, opts ...Option) bool {
	switch c.payload(key, opts) {
	case "true":
		return true
	case "false":
		return false
	}
	return defaultOf(opts).bool()
}

// PayloadString returns the payload of the served variant, or the default if it has none or one of another type.
func (c *Client) PayloadString(key string, opts ...Option) string {
	if s, ok := payloadString(c.payload(key, opts)); ok {
		return s
	}
	return defaultOf(opts).string()
}

// PayloadInt returns the payload of the served variant, or the default if it has none or one that isn't an integer.
func (c *Client) PayloadInt(key string, opts ...Option) int64 {
	if n, ok := parseNumber(c.payload(key, opts)).(int64); ok {
		return n
	}
	return defaultOf(opts).int()
}

// PayloadFloat returns the payload of the served variant, or the default if it has none or one that isn't a number.
func (c *Client) PayloadFloat(key string, opts ...Option) float64 {
	switch n := parseNumber(c.payload(key, opts)).(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return defaultOf(opts).float()
}

// PayloadObject reads the payload of the served variant into the value that into points to, as json.Unmarshal does. It
// reports whether there was an object that fitted. If not, the value may have been filled in part.
func (c *Client) PayloadObject(key string, into any, opts ...Option) bool {
	p := c.payload(key, opts)
	return strings.HasPrefix(p, "{") && json.Unmarshal([]byte(p), into) == nil
}

func payloadString(p string) (string, bool) {
	if len(p) < 2 || p[0] != '"' {
		return "", false
	}
	if body := p[1 : len(p)-1]; !strings.Contains(body, `\`) {
		return body, true
	}
	var s string
	return s, json.Unmarshal([]byte(p), &s) == nil
}

// parseNumber reads a JSON number: an int64 if it has no fraction and every language can hold it, else a float64; nil
// if it is none.
func parseNumber(p string) any {
	if p == "" || p[0] != '-' && (p[0] < '0' || p[0] > '9') {
		return nil
	}
	if n, err := strconv.ParseInt(p, 10, 64); err == nil {
		if n < -maxExact || n > maxExact {
			return float64(n) // even if it is rounded to 2^53
		}
		return n
	}
	f, err := strconv.ParseFloat(p, 64)
	if err != nil {
		return nil
	}
	if f == math.Trunc(f) && math.Abs(f) <= maxExact {
		return int64(f)
	}
	return f
}

// isInteger reports whether a payload is a number that is written as an integer.
func isInteger(p string) bool {
	return p != "" && (p[0] == '-' || p[0] >= '0' && p[0] <= '9') && !strings.ContainsAny(p, ".eE")
}

// parsePayload reads any payload.
func parsePayload(p string) any {
	if s, ok := payloadString(p); ok {
		return s
	}
	if n := parseNumber(p); n != nil {
		return n
	}
	d := json.NewDecoder(strings.NewReader(p))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return plain(v)
}

// plain replaces the numbers in v by int64 and float64.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return parseNumber(string(v))
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return v
}
