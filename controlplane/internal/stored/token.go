package stored

import "github.com/gonfalon-flags/gonfalon/controlplane/api"

// Token is a token in its stored form.
type Token struct {
	Name          string   `msgpack:"name"`
	Role          api.Role `msgpack:"role"`
	Envs          []string `msgpack:"envs,omitempty"`
	Created       int64    `msgpack:"created"`
	Expires       int64    `msgpack:"expires,omitempty"`
	By            string   `msgpack:"by"`
	ActsForOthers bool     `msgpack:"acts_for_others,omitempty"`
	From          string   `msgpack:"from,omitempty"` // the id of the token whose holder signed a program in by browser; it ends with that
	Hash          []byte   `msgpack:"hash"`           // the SHA-256 of the secret, which is random enough to need neither salt nor a slow hash
}

// Document returns the token as the API shows it, without its secret.
func (t *Token) Document(id string) api.Token {
	envs := t.Envs // shared, since every request asks for its token
	if envs == nil {
		envs = []string{}
	}
	return api.Token{
		ID: id, Name: t.Name, Role: t.Role, Envs: envs,
		Created: FromMicros(t.Created), Expires: FromMicros(t.Expires), By: t.By, ActsForOthers: t.ActsForOthers,
	}
}

// Audit returns what the audit records of a token.
func (t *Token) Audit() map[string]any {
	document := map[string]any{"name": t.Name, "role": t.Role, "envs": append([]string{}, t.Envs...)}
	if t.ActsForOthers {
		document["acts_for_others"] = true
	}
	if t.Expires != 0 {
		document["expires"] = FromMicros(t.Expires)
	}
	return document
}
