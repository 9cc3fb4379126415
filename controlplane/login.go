package controlplane

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	maxDevice = 64 // bytes of the name of a machine
	// loginsKept is how many tokens that logins made a token may have; one more ends the oldest.
	loginsKept = 16
)

var challengePattern = regexp.MustCompile(`^[A-Z2-7]{52}$`)

// CreateLogin makes a code with which a program gets a token that acts for a session's. It is good once, for ten minutes,
// and only together with the verifier whose challenge is given. An error has the code Invalid, Unauthorized or Forbidden.
// Why: RATIONALE.md "Why does a login by browser make a token that ends with the session?"
func (s *Service) CreateLogin(ctx context.Context, session api.Session, n api.NewLogin) (api.Login, error) {
	if !challengePattern.MatchString(n.Challenge) {
		return api.Login{}, model.InvalidAt("/challenge", "it is not a SHA-256 in base 32", "")
	}
	if n.Device == "" || len(n.Device) > maxDevice {
		return api.Login{}, model.InvalidAt("/device", "a machine needs a name of at most 64 bytes", "")
	}
	if err := checkReadable("/device", n.Device); err != nil {
		return api.Login{}, err
	}
	code, saved, err := s.grant(ctx, logins, session.Token, asked{n, session.Expires}, nil, nil)
	if err != nil {
		return api.Login{}, err
	}
	return api.Login{Code: code, Expires: stored.FromMicros(saved.Expires)}, nil
}

// RedeemLogin returns a new token, with its secret, for a code and the verifier that it is bound to. The token has the role
// and the environments of the session's, expires with the session, and is revoked with the session's token. Of several calls
// with one code, one succeeds. An error has the code Unauthorized.
func (s *Service) RedeemLogin(ctx context.Context, l api.LoginCode) (api.Token, error) {
	id, hash := stored.SessionID(l.Code + api.LoginChallenge(l.Verifier))
	key := stored.CodePrefix + id
	parent, _, err := s.readLogin(ctx, key, hash)
	if err != nil {
		return api.Token{}, err
	}
	secret := "gfn_" + string(parent.Role) + "_" + rand.Text() // 130 bits
	sum := sha256.Sum256([]byte(secret))
	tokenID := model.RandomName()
	var made stored.Token
	o := WriteOptions{By: parent.Name, Token: parent.ID, Reason: "gonfalon login --browser"}
	err = s.changeSystem(ctx, change{action: "token.create", options: o}, func(d *replica.Draft) error {
		parent, code, err := s.readLogin(ctx, key, hash)
		if err != nil {
			return err
		}
		all, err := s.savedTokens(ctx)
		if err != nil {
			return err
		}
		of := all[parent.ID]
		if of == nil || !code.Of(of) {
			return spentLogin()
		}
		from := cmp.Or(of.From, parent.ID)
		made = stored.Token{
			Name: loginName(all[from], of, code.Device), Role: of.Role, Envs: of.Envs, Created: d.Head.Time, Expires: code.Ends, By: of.Name, From: from, Hash: sum[:],
		}
		d.Require(store.Guard{Key: key, Revision: code.revision})
		d.Write(store.Op{Key: key, Delete: true}, store.Op{Key: stored.TokenPrefix + tokenID, Value: stored.Marshal(made)})
		for _, old := range oldLogins(all, from, d.Head.Time) {
			if err := endToken(d, old, all[old]); err != nil {
				return err
			}
		}
		return d.Note(api.Change{Kind: api.KindToken, Key: tokenID, Op: api.OpCreate}, nil, made.Audit())
	})
	if err != nil {
		return api.Token{}, err
	}
	t := made.Document(tokenID)
	t.Secret = secret
	return t, nil
}

// savedLogin is a code as the store has it.
type savedLogin struct {
	stored.Session
	revision int64
}

// readLogin reads a code, and the token that it acts for.
func (s *Service) readLogin(ctx context.Context, key string, hash []byte) (api.Token, savedLogin, error) {
	e, err := store.ReadOne(ctx, s.store, key)
	if err != nil {
		return api.Token{}, savedLogin{}, model.Unavailable("the code can't be read", err)
	}
	code := savedLogin{revision: e.Revision}
	if e.Revision != 0 {
		err = stored.Unmarshal(e.Value, &code.Session)
	}
	v, waited := s.replica.Wait(ctx, e.Revision)
	if waited != nil {
		return api.Token{}, code, waited
	}
	now := s.now().UnixMicro()
	of := v.Tokens.ByID[code.Token]
	if e.Revision == 0 || err != nil || !code.Has(hash) || now >= min(code.Expires, code.Ends) || !code.Of(of) {
		return api.Token{}, code, spentLogin()
	}
	return of.Document(code.Token), code, nil
}

func spentLogin() error {
	return model.Errorf(api.Unauthorized, "the code is unknown, was used, is older than ten minutes, or is another program's")
}

// loginName says in the list of tokens for whom and where a token is. It has no more bytes than a token's name may have.
func loginName(first, of *stored.Token, device string) string {
	if first == nil {
		first = of
	}
	name := first.Name[:min(len(first.Name), maxTokenName-len(" on ")-len(device))]
	return strings.ToValidUTF8(name, "") + " on " + device
}

// oldLogins returns the tokens of logins that have expired, and the oldest ones of a token that has too many.
func oldLogins(all map[string]*stored.Token, from string, now int64) (old []string) {
	var own []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		switch t := all[id]; {
		case t.From == "":
		case now >= t.Expires && len(old) < tidiedAtOnce:
			old = append(old, id)
		case t.From == from && now < t.Expires:
			own = append(own, id)
		}
	}
	slices.SortStableFunc(own, func(a, b string) int { return cmp.Compare(all[a].Created, all[b].Created) })
	return append(old, own[:max(len(own)-loginsKept+1, 0)]...)
}

// savedTokens reads all tokens from the store.
func (s *Service) savedTokens(ctx context.Context) (map[string]*stored.Token, error) {
	all := map[string]*stored.Token{}
	_, err := store.ReadAll(ctx, s.store, store.Under(stored.TokenPrefix), func(e store.Entry) error {
		var saved stored.Token
		err := stored.Unmarshal(e.Value, &saved)
		all[stored.Tail(e.Key)] = &saved
		return err
	})
	if err != nil {
		return nil, model.Unavailable("the tokens can't be read", err)
	}
	return all, nil
}

// endToken lets a change delete a token, and be named by it.
func endToken(d *replica.Draft, id string, t *stored.Token) error {
	d.Write(store.Op{Key: stored.TokenPrefix + id, Delete: true}, store.Op{Key: stored.UsedPrefix + id, Delete: true})
	return d.Note(api.Change{Kind: api.KindToken, Key: id, Op: api.OpDelete}, t.Audit(), nil)
}

// endLogins lets a change delete the tokens that logins have made of a token.
func (s *Service) endLogins(ctx context.Context, d *replica.Draft, from string) error {
	all, err := s.savedTokens(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if all[id].From != from {
			continue
		}
		if err := endToken(d, id, all[id]); err != nil {
			return err
		}
	}
	return nil
}
