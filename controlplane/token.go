package controlplane

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Role says what a token may do.
type Role string

// These are the roles.
const (
	RoleAdmin  Role = "admin"  // everything
	RoleEditor Role = "editor" // reads and changes flags and segments
	RoleViewer Role = "viewer" // reads everything but secrets, including snapshots
	RoleSDK    Role = "sdk"    // snapshot, stream, usage
	RoleClient Role = "client" // evaluated values only
)

// Permission is a kind of request.
type Permission string

// These are the permissions.
const (
	PermitAdmin    Permission = "admin"    // tokens, environments, webhooks, backup
	PermitWrite    Permission = "write"    // flags and segments
	PermitRead     Permission = "read"     // anything but secrets
	PermitSnapshot Permission = "snapshot" // snapshot and stream
	PermitUsage    Permission = "usage"    // reporting usage
	PermitEvaluate Permission = "evaluate" // evaluated values
)

// permits are what the roles may do.
var permits = map[Role][]Permission{
	RoleAdmin:  {PermitAdmin, PermitWrite, PermitRead, PermitSnapshot, PermitUsage, PermitEvaluate},
	RoleEditor: {PermitWrite, PermitRead, PermitSnapshot, PermitUsage, PermitEvaluate},
	RoleViewer: {PermitRead, PermitSnapshot, PermitEvaluate},
	RoleSDK:    {PermitSnapshot, PermitUsage, PermitEvaluate},
	RoleClient: {PermitEvaluate},
}

// Token is an API token without its secret. Only the secret's SHA-256 is stored.
type Token struct {
	ID, Name string
	Role     Role
	Envs     []string // empty for all environments, and for what belongs to none
	Created  time.Time
	Expires  time.Time // zero for never
	LastUsed time.Time // to within a minute or so; zero for never
	By       string
}

// Allows reports whether the token may do something in an environment. "" stands for what belongs to no environment, such as creating
// environments, which only a token for all environments may do.
func (t Token) Allows(p Permission, env string) bool {
	if !slices.Contains(permits[t.Role], p) {
		return false
	}
	return len(t.Envs) == 0 || env != "" && slices.Contains(t.Envs, env)
}

// NewToken is a token to create.
type NewToken struct {
	Name    string
	Role    Role
	Envs    []string
	Expires time.Time // zero for never
	Secret  string    // 16 printable characters or more; "" to make one
}

// These are the limits of tokens.
const (
	minSecret    = 16
	maxSecret    = 1024
	maxTokenName = 256
	// configuredToken is the id of the token that Config.AdminToken sets.
	configuredToken = "configured"
)

// storedToken is a token in its stored form.
type storedToken struct {
	Name    string   `msgpack:"name"`
	Role    Role     `msgpack:"role"`
	Envs    []string `msgpack:"envs,omitempty"`
	Created int64    `msgpack:"created"`
	Expires int64    `msgpack:"expires,omitempty"`
	By      string   `msgpack:"by"`
	Hash    []byte   `msgpack:"hash"` // the SHA-256 of the secret, which is random enough to need neither salt nor a slow hash
}

func (t *storedToken) token(id string) Token {
	return Token{ID: id, Name: t.Name, Role: t.Role, Envs: t.Envs, Created: fromMicros(t.Created), Expires: fromMicros(t.Expires), By: t.By}
}

// tokenTable finds tokens by the hash of their secret. The map is indexed by the first half of the hash, which reveals nothing about the
// secret to a timing attack; the rest is compared in constant time.
type tokenTable struct {
	byID   map[string]*storedToken
	byHash map[[16]byte]string
}

func newTokenTable() *tokenTable {
	return &tokenTable{map[string]*storedToken{}, map[[16]byte]string{}}
}

func (t *tokenTable) clone() *tokenTable { return &tokenTable{copied(t.byID), copied(t.byHash)} }

func (t *tokenTable) put(key string, value []byte) error {
	var stored storedToken
	if err := unmarshalStored(value, &stored); err != nil {
		return err
	}
	if len(stored.Hash) != sha256.Size {
		return fmt.Errorf("%w: a token without a hash", errBroken)
	}
	id := tail(key)
	t.remove(id)
	t.byID[id] = &stored
	t.byHash[[16]byte(stored.Hash)] = id
	return nil
}

func (t *tokenTable) remove(id string) {
	if old := t.byID[id]; old != nil {
		delete(t.byID, id)
		delete(t.byHash, [16]byte(old.Hash))
	}
}

func (t *tokenTable) event(e store.Event) error {
	if e.Deleted {
		t.remove(tail(e.Key))
		return nil
	}
	return t.put(e.Key, e.Value)
}

// Authenticate returns the token with this secret. It only reads memory. An error has the code Unauthorized.
func (s *Service) Authenticate(secret string) (Token, error) {
	hash := sha256.Sum256([]byte(secret))
	tokens := s.view.Load().tokens
	id, found := tokens.byHash[[16]byte(hash[:])]
	stored := tokens.byID[id]
	if !found || subtle.ConstantTimeCompare(stored.Hash, hash[:]) != 1 {
		return Token{}, fail(Unauthorized, "the token is not known")
	}
	t := stored.token(id)
	now := s.now()
	if !t.Expires.IsZero() && !now.Before(t.Expires) {
		return Token{}, fail(Unauthorized, "the token has expired")
	}
	s.used.note(id, now)
	return t, nil
}

// CreateToken creates a token and returns it with its secret, which can't be read again. A dry run makes neither secret nor id.
func (s *Service) CreateToken(ctx context.Context, n NewToken, o WriteOptions) (Token, string, error) {
	secret := n.Secret
	if secret == "" {
		secret = "gfn_" + string(n.Role) + "_" + rand.Text() // 130 bits
	}
	if err := checkOptions(&o); err != nil {
		return Token{}, "", err
	}
	if err := s.checkToken(n, secret); err != nil {
		return Token{}, "", err
	}
	hash := sha256.Sum256([]byte(secret))
	id := randomName()
	var stored storedToken
	err := s.writeSystem(ctx, "token.create", id, o, func(h *head) ([]store.Guard, []store.Op, []Change, error) {
		stored = storedToken{Name: n.Name, Role: n.Role, Envs: n.Envs, Created: h.Time, Expires: micros(n.Expires), By: o.By, Hash: hash[:]}
		document, err := marshalPlain(tokenDocument(&stored))
		return []store.Guard{{Key: tokenPrefix + id}}, []store.Op{{Key: tokenPrefix + id, Value: marshalStored(stored)}},
			[]Change{{Kind: KindToken, Key: id, Op: OpCreate, After: document}}, err
	})
	if err != nil {
		return Token{}, "", err
	}
	if o.DryRun {
		return stored.token(""), "", nil
	}
	return stored.token(id), secret, nil
}

func (s *Service) checkToken(n NewToken, secret string) error {
	if permits[n.Role] == nil {
		return problem("/role", fmt.Sprintf("%.40q is not a role", string(n.Role)), "it is admin, editor, viewer, sdk or client")
	}
	if n.Name == "" || len(n.Name) > maxTokenName {
		return problem("/name", "a token needs a name of at most 256 bytes", "say what uses it")
	}
	if !n.Expires.IsZero() && !n.Expires.After(s.now()) {
		return problem("/expires", "it is not in the future", "")
	}
	for i, env := range n.Envs {
		if err := checkEnvironmentKey(env); err != nil {
			return problem(fmt.Sprintf("/envs/%d", i), fmt.Sprintf("%.80q can't be an environment's key", env), "")
		}
	}
	return checkSecret(secret)
}

func checkSecret(secret string) error {
	printable := strings.IndexFunc(secret, func(r rune) bool { return r < '!' || r > '~' }) < 0
	if len(secret) < minSecret || len(secret) > maxSecret || !printable {
		return problem("/secret", "a token has 16 to 1024 printable ASCII characters, without spaces", "")
	}
	return nil
}

// tokenDocument returns what the audit records of a token.
func tokenDocument(t *storedToken) map[string]any {
	document := map[string]any{"name": t.Name, "role": t.Role, "envs": append([]string{}, t.Envs...)}
	if t.Expires != 0 {
		document["expires"] = fromMicros(t.Expires)
	}
	return document
}

// Tokens lists the tokens, oldest first.
func (s *Service) Tokens(ctx context.Context) ([]Token, error) {
	used := map[string]int64{}
	var tokens []Token
	_, err := store.ReadAll(ctx, s.store, store.Under(usedPrefix), func(e store.Entry) error {
		var at int64
		err := unmarshalStored(e.Value, &at)
		used[tail(e.Key)] = at
		return err
	})
	if err == nil {
		_, err = store.ReadAll(ctx, s.store, store.Under(tokenPrefix), func(e store.Entry) error {
			var stored storedToken
			err := unmarshalStored(e.Value, &stored)
			t := stored.token(tail(e.Key))
			t.LastUsed = s.used.latest(t.ID, fromMicros(used[t.ID]))
			tokens = append(tokens, t)
			return err
		})
	}
	if err != nil {
		return nil, unavailable("the tokens can't be read", err)
	}
	slices.SortFunc(tokens, func(a, b Token) int { return a.Created.Compare(b.Created) })
	return tokens, nil
}

// RevokeToken revokes a token. Once it returns, this replica refuses the token. The last admin token for all environments can't be revoked.
// An error has the code NotFound or InUse.
func (s *Service) RevokeToken(ctx context.Context, id string, o WriteOptions) error {
	return s.writeSystem(ctx, "token.revoke", id, o, func(*head) ([]store.Guard, []store.Op, []Change, error) {
		tokens, err := s.Tokens(ctx)
		if err != nil {
			return nil, nil, nil, err
		}
		i := slices.IndexFunc(tokens, func(t Token) bool { return t.ID == id })
		if i < 0 {
			return nil, nil, nil, fail(NotFound, "there is no token %.80q", id)
		}
		others := slices.ContainsFunc(tokens, func(t Token) bool { return t.ID != id && t.Allows(PermitAdmin, "") && t.Expires.IsZero() })
		if t := tokens[i]; t.Allows(PermitAdmin, "") && t.Expires.IsZero() && !others {
			return nil, nil, nil, &Error{Code: InUse, Message: "it is the last admin token", Users: []string{}}
		}
		t := tokens[i]
		document, err := marshalPlain(tokenDocument(&storedToken{Name: t.Name, Role: t.Role, Envs: t.Envs, Expires: micros(t.Expires)}))
		return nil, []store.Op{{Key: tokenPrefix + id, Delete: true}, {Key: usedPrefix + id, Delete: true}},
			[]Change{{Kind: KindToken, Key: id, Op: OpDelete, Before: document}}, err
	})
}

// firstToken makes sure that an admin token exists: the configured one, or else a new one if there is none at all.
func (s *Service) firstToken(ctx context.Context) error {
	if s.config.AdminToken != "" {
		return s.configureToken(ctx, s.config.AdminToken)
	}
	if len(s.view.Load().tokens.byID) > 0 {
		return nil
	}
	token, secret, err := s.CreateToken(ctx, NewToken{Name: "first admin", Role: RoleAdmin}, WriteOptions{By: "gonfalon", Reason: "first start", IfAbsent: true, quiet: true})
	if CodeOf(err) == Exists {
		return nil // another replica was first
	}
	if err == nil {
		s.initial = secret
		s.log.Info("made the first admin token", "id", token.ID)
	}
	return err
}

// configureToken replaces the previously configured secret with the configured one.
func (s *Service) configureToken(ctx context.Context, secret string) error {
	if err := checkSecret(secret); err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(secret))
	if old := s.view.Load().tokens.byID[configuredToken]; old != nil && subtle.ConstantTimeCompare(old.Hash, hash[:]) == 1 {
		return nil
	}
	o := WriteOptions{By: "gonfalon", Reason: "configuration"}
	return s.writeSystem(ctx, "token.configure", configuredToken, o, func(h *head) ([]store.Guard, []store.Op, []Change, error) {
		stored := storedToken{Name: "configured admin", Role: RoleAdmin, Created: h.Time, By: o.By, Hash: hash[:]}
		document, err := marshalPlain(tokenDocument(&stored))
		return nil, []store.Op{{Key: tokenPrefix + configuredToken, Value: marshalStored(stored)}},
			[]Change{{Kind: KindToken, Key: configuredToken, Op: OpUpdate, Before: []byte("{}"), After: document}}, err
	})
}
