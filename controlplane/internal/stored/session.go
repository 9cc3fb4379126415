package stored

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// Session is a session of the dashboard in its stored form, a secret with which one can be begun once, or a code with which a
// program gets a token.
// Why: RATIONALE.md "Why do sessions lie in the store, and not in signed cookies?"
type Session struct {
	Token     string `msgpack:"token"`      // the id of the token that it acts for
	TokenHash []byte `msgpack:"token_hash"` // that token's hash, since the configured token keeps its id when its secret changes
	Created   int64  `msgpack:"created"`
	Expires   int64  `msgpack:"expires"`
	Hash      []byte `msgpack:"hash"`             // the SHA-256 of the secret, as of a token; of a code and its challenge
	Device    string `msgpack:"device,omitempty"` // of a code: the machine whose program asked
	Ends      int64  `msgpack:"ends,omitempty"`   // of a code: when the token expires
}

// SessionID returns the id of the session, or of the one-time secret, that has a secret. It is the first half of the
// secret's hash, which reveals nothing about the secret.
func SessionID(secret string) (id string, hash []byte) {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:16]), sum[:]
}

// Has reports whether a hash is the one of its secret.
func (s *Session) Has(hash []byte) bool { return subtle.ConstantTimeCompare(s.Hash, hash) == 1 }

// Of reports whether it acts for a token, which may be nil.
func (s *Session) Of(t *Token) bool { return t != nil && bytes.Equal(s.TokenHash, t.Hash) }
