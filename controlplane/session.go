package controlplane

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// These are the limits of sessions.
const (
	// SessionLifetime is how long a session lasts, unless its token expires earlier: a working day.
	SessionLifetime = 12 * time.Hour
	// SignInLifetime is how long a one-time secret is good.
	SignInLifetime = 10 * time.Minute

	// tidiedAtOnce is how many sessions a sign-in deletes. Every store takes that many operations in a transaction.
	tidiedAtOnce = 8
)

// Session returns the session with a secret, and the token that it acts for. It only reads memory. An error has the code
// Unauthorized: the session is unknown, has ended, or its token is revoked.
func (s *Service) Session(secret string) (api.Session, api.Token, error) {
	id, hash := stored.SessionID(secret)
	return s.session(s.replica.View(), id, hash)
}

// AwaitSession returns the same as Session, but asks the store. So it knows what another replica has just done.
func (s *Service) AwaitSession(ctx context.Context, secret string) (api.Session, api.Token, error) {
	id, hash := stored.SessionID(secret)
	e, err := store.ReadOne(ctx, s.store, stored.SessionPrefix+id)
	if err != nil {
		return api.Session{}, api.Token{}, model.Unavailable("the session can't be read", err)
	}
	v, err := s.replica.Wait(ctx, e.Revision)
	if err != nil {
		return api.Session{}, api.Token{}, err
	}
	return s.session(v, id, hash)
}

func (s *Service) session(v *replica.View, id string, hash []byte) (api.Session, api.Token, error) {
	saved, now := v.Sessions.ByID[id], s.now()
	if saved == nil || !saved.Has(hash) || now.UnixMicro() >= saved.Expires || !saved.Of(v.Tokens.ByID[saved.Token]) {
		return api.Session{}, api.Token{}, model.Errorf(api.Unauthorized, "the session has ended: sign in again")
	}
	t := v.Tokens.ByID[saved.Token].Document(saved.Token)
	s.used.note(t.ID, now)
	return describeSession(id, saved, t), t, nil
}

func describeSession(id string, saved *stored.Session, t api.Token) api.Session {
	return api.Session{
		ID: id, Token: t.ID, Name: t.Name, Role: t.Role, Environments: t.Envs,
		Created: stored.FromMicros(saved.Created), Expires: stored.FromMicros(saved.Expires),
	}
}

// BeginSession begins a session that acts for the token with this secret. It returns the session's own secret, which
// can't be read again. Any replica knows the session. It ends with its token, when it expires, and by EndSession. An
// error has the code Unauthorized, or Forbidden for a token that reads nothing.
func (s *Service) BeginSession(ctx context.Context, token string) (api.Session, string, error) {
	t, err := s.Authenticate(token)
	if err != nil {
		return api.Session{}, "", err
	}
	return s.beginSession(ctx, t.ID, nil, nil)
}

// RedeemSignIn begins a session with the secret of a one-time address. Of several calls with one secret, one succeeds.
func (s *Service) RedeemSignIn(ctx context.Context, secret string) (api.Session, string, error) {
	id, hash := stored.SessionID(secret)
	e, err := store.ReadOne(ctx, s.store, stored.OncePrefix+id)
	if err != nil {
		return api.Session{}, "", model.Unavailable("the one-time secret can't be read", err)
	}
	var saved stored.Session
	if e.Revision != 0 {
		err = stored.Unmarshal(e.Value, &saved)
	}
	v, waited := s.replica.Wait(ctx, e.Revision)
	switch {
	case waited != nil:
		return api.Session{}, "", waited
	case e.Revision == 0, err != nil, !saved.Has(hash), s.now().UnixMicro() >= saved.Expires, !saved.Of(v.Tokens.ByID[saved.Token]):
		return api.Session{}, "", spentSignIn()
	}
	return s.beginSession(ctx, saved.Token, []store.Guard{{Key: e.Key, Revision: e.Revision}}, []store.Op{{Key: e.Key, Delete: true}})
}

func spentSignIn() error {
	return model.Errorf(api.Unauthorized, "the one-time address is unknown, was used, or is older than ten minutes")
}

// beginSession stores a session together with other operations.
func (s *Service) beginSession(ctx context.Context, token string, guards []store.Guard, ops []store.Op) (api.Session, string, error) {
	secret, _, err := s.grant(ctx, sessions, token, asked{}, guards, ops)
	if err != nil {
		return api.Session{}, "", err
	}
	d, _, err := s.Session(secret)
	return d, secret, err
}

// CreateSignIn makes the secret of a one-time address, with which a browser can begin one session that acts for a token.
// It leaves the address itself empty. An error has the code Unauthorized or Forbidden.
func (s *Service) CreateSignIn(ctx context.Context, token string) (api.SignIn, error) {
	secret, saved, err := s.grant(ctx, signIns, token, asked{}, nil, nil)
	if err != nil {
		return api.SignIn{}, err
	}
	return api.SignIn{Secret: secret, Expires: stored.FromMicros(saved.Expires)}, nil
}

// secrets is a kind of secret that acts for a token.
type secrets struct {
	prefix   string // of the keys
	begin    string // of each secret
	lifetime time.Duration
	most     int // of a token; one more ends the oldest
}

var (
	sessions = secrets{stored.SessionPrefix, "gfn_session_", SessionLifetime, 64}
	signIns  = secrets{stored.OncePrefix, "gfn_once_", SignInLifetime, 16}
	logins   = secrets{stored.CodePrefix, "gfn_code_", SignInLifetime, 16}
)

// asked is what a program asks for that wants to act for a session, which ends. The zero value is for other secrets.
type asked struct {
	api.NewLogin
	ends time.Time
}

// grant makes a secret for a token, and stores it together with other operations. What is asked with a challenge has to come
// with it again.
func (s *Service) grant(ctx context.Context, kind secrets, token string, a asked, guards []store.Guard, ops []store.Op) (string, stored.Session, error) {
	saved, err := s.newSession(token, kind.lifetime)
	if err != nil {
		return "", saved, err
	}
	secret := kind.begin + rand.Text() // 130 bits
	id, hash := stored.SessionID(secret + a.Challenge)
	saved.Hash, saved.Device, saved.Ends = hash, a.Device, stored.Micros(a.ends)
	older, err := s.tidySessions(ctx, kind, token)
	if err != nil {
		return "", saved, err
	}
	ops = append(append(ops, older...), store.Op{Key: kind.prefix + id, Value: stored.Marshal(saved)})
	committed, err := s.commitSession(ctx, guards, ops)
	if err == nil && !committed {
		err = spentSignIn()
	}
	return secret, saved, err
}

// EndSession ends a session on every replica. One that is unknown has ended already.
func (s *Service) EndSession(ctx context.Context, secret string) error {
	id, _ := stored.SessionID(secret)
	_, err := s.commitSession(ctx, nil, []store.Op{{Key: stored.SessionPrefix + id, Delete: true}})
	return err
}

// newSession returns what lasts as long as a token does, and at most for a lifetime. A token that reads nothing has no
// use for a dashboard, and one that pages of a site have in them must not open it.
func (s *Service) newSession(token string, lifetime time.Duration) (stored.Session, error) {
	now, of := s.now(), s.replica.View().Tokens.ByID[token]
	if of == nil || expired(of.Document(token), now) {
		return stored.Session{}, model.Errorf(api.Unauthorized, "the token is unknown or has expired")
	}
	if !of.Document(token).AllowsAnywhere(api.PermitRead) {
		return stored.Session{}, model.Errorf(api.Forbidden, "a token with the role %s can't sign in: use one with the role admin, editor or viewer", of.Role)
	}
	expires := now.Add(lifetime).UnixMicro()
	if of.Expires != 0 {
		expires = min(expires, of.Expires)
	}
	return stored.Session{Token: token, TokenHash: of.Hash, Created: now.UnixMicro(), Expires: expires}, nil
}

// tidySessions returns operations that make room for one more session, or one-time secret, of a token: they delete some
// that have expired, and the oldest ones if there are too many.
func (s *Service) tidySessions(ctx context.Context, kind secrets, token string) ([]store.Op, error) {
	type entry struct {
		key     string
		created int64
	}
	now, own := s.now().UnixMicro(), []entry{}
	var ops []store.Op
	_, err := store.ReadAll(ctx, s.store, store.Under(kind.prefix), func(e store.Entry) error {
		var saved stored.Session
		err := stored.Unmarshal(e.Value, &saved)
		switch {
		case err != nil: // another build may read it
		case now >= saved.Expires:
			ops = append(ops, store.Op{Key: e.Key, Delete: true})
		case saved.Token == token:
			own = append(own, entry{e.Key, saved.Created})
		}
		return nil
	})
	if err != nil {
		return nil, model.Unavailable("the sessions can't be read", err)
	}
	ops = ops[:min(len(ops), tidiedAtOnce/2)]
	slices.SortFunc(own, func(a, b entry) int { return cmp.Compare(a.created, b.created) })
	for _, e := range own[:min(max(len(own)-kind.most+1, 0), tidiedAtOnce/2)] {
		ops = append(ops, store.Op{Key: e.key, Delete: true})
	}
	return ops, nil
}

// commitSession writes, and returns once this replica has applied it. It is urgent, since whoever wants to turn
// something off has to sign in first.
func (s *Service) commitSession(ctx context.Context, guards []store.Guard, ops []store.Op) (committed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, writeDeadline)
	defer cancel()
	result, err := s.store.Commit(ctx, store.Txn{Guards: guards, Ops: ops, Urgent: true})
	if err != nil {
		return false, model.Unavailable("the session can't be written", err)
	}
	_, err = s.replica.Wait(ctx, result.Revision)
	return result.Committed, err
}
