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

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// These are the limits of tokens.
const (
	minSecret    = 16
	maxSecret    = 1024
	maxTokenName = 256
	// minDistinct is how many different characters a chosen secret must have: of 16 random hexadecimal digits, 97 in 100
	// have more.
	minDistinct = 8
	// configuredToken is the id of the token that Config.AdminToken sets.
	configuredToken = "configured"
)

// Authenticate returns the token with this secret. It only reads memory. An error has the code Unauthorized.
func (s *Service) Authenticate(secret string) (api.Token, error) {
	hash := sha256.Sum256([]byte(secret))
	tokens := s.replica.View().Tokens
	id, found := tokens.ByHash[[16]byte(hash[:])]
	saved := tokens.ByID[id]
	if !found || subtle.ConstantTimeCompare(saved.Hash, hash[:]) != 1 {
		return api.Token{}, model.Errorf(api.Unauthorized, "the token is unknown")
	}
	t := saved.Document(id)
	now := s.now()
	if expired(t, now) {
		return api.Token{}, model.Errorf(api.Unauthorized, "the token has expired")
	}
	s.used.note(id, now)
	return t, nil
}

func expired(t api.Token, now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// CreateToken creates a token and returns it with its secret, which can't be read again. A dry run makes neither secret
// nor id.
func (s *Service) CreateToken(ctx context.Context, n api.NewToken, o WriteOptions) (api.Token, error) {
	secret := n.Secret
	if secret == "" {
		secret = "gfn_" + string(n.Role) + "_" + rand.Text() // 130 bits
	}
	hash := sha256.Sum256([]byte(secret))
	id := model.RandomName()
	var saved stored.Token
	c := change{action: "token.create", options: o, prepare: func(context.Context) error { return s.checkToken(n, secret) }}
	err := s.changeSystem(ctx, c, func(d *replica.Draft) error {
		if o.IfAbsent {
			r := store.Under(stored.TokenPrefix)
			r.Limit, r.KeysOnly = 1, true
			page, err := s.store.Read(ctx, r)
			if err != nil {
				return model.Unavailable("the tokens can't be read", err)
			}
			if len(page.Entries) > 0 {
				return model.Errorf(api.Exists, "there is a token already")
			}
		}
		saved = stored.Token{
			Name: n.Name, Role: n.Role, Envs: n.Envs, Created: d.Head.Time, Expires: stored.Micros(n.Expires), By: d.Intent.By, ActsForOthers: n.ActsForOthers,
			Hash: hash[:],
		}
		d.Require(store.Guard{Key: stored.TokenPrefix + id})
		d.Write(store.Op{Key: stored.TokenPrefix + id, Value: stored.Marshal(saved)})
		return d.Note(api.Change{Kind: api.KindToken, Key: id, Op: api.OpCreate}, nil, saved.Audit())
	})
	if err != nil {
		return api.Token{}, err
	}
	if o.DryRun {
		return saved.Document(""), nil
	}
	t := saved.Document(id)
	t.Secret = secret
	return t, nil
}

func (s *Service) checkToken(n api.NewToken, secret string) error {
	if !n.Role.Known() {
		return model.InvalidAt("/role", fmt.Sprintf("%.40q is not a role", string(n.Role)), "use admin, editor, viewer, sdk or client")
	}
	if n.Name == "" || len(n.Name) > maxTokenName {
		return model.InvalidAt("/name", "a token needs a name of at most 256 bytes", "say what uses it")
	}
	if err := checkReadable("/name", n.Name); err != nil {
		return err
	}
	if writes := (api.Token{Role: n.Role}).Allows(api.PermitWrite, ""); n.ActsForOthers && !writes {
		return model.InvalidAt("/acts_for_others", "a token with the role "+string(n.Role)+" changes nothing", "leave it out, or use admin or editor")
	}
	if !n.Expires.IsZero() && !n.Expires.After(s.now()) {
		return model.InvalidAt("/expires", "it is not in the future", "")
	}
	for i, env := range n.Envs {
		if err := checkEnvironmentKey(env); err != nil {
			return model.InvalidAt(fmt.Sprintf("/envs/%d", i), fmt.Sprintf("%.80q is not a valid environment key", env), "")
		}
	}
	return CheckSecret(secret)
}

// CheckSecret returns an *api.Error that says why a secret can't be a token's, such as Config.AdminToken.
func CheckSecret(secret string) error {
	printable := strings.IndexFunc(secret, func(r rune) bool { return r < '!' || r > '~' }) < 0
	if len(secret) < minSecret || len(secret) > maxSecret || !printable {
		return model.InvalidAt("/secret", "a secret has 16 to 1024 printable ASCII characters, without spaces", "")
	}
	distinct := map[rune]bool{}
	for _, r := range secret {
		distinct[r] = true
	}
	if len(distinct) < minDistinct {
		return model.InvalidAt("/secret", fmt.Sprintf("it has only %d different characters, and is easy to guess", len(distinct)), "leave it out, and a random one is made")
	}
	return nil
}

// Tokens lists the tokens, oldest first.
func (s *Service) Tokens(ctx context.Context) ([]api.Token, error) {
	used := map[string]int64{}
	tokens := []api.Token{}
	_, err := store.ReadAll(ctx, s.store, store.Under(stored.UsedPrefix), func(e store.Entry) error {
		var at int64
		err := stored.Unmarshal(e.Value, &at)
		used[stored.Tail(e.Key)] = at
		return err
	})
	if err == nil {
		_, err = store.ReadAll(ctx, s.store, store.Under(stored.TokenPrefix), func(e store.Entry) error {
			var saved stored.Token
			err := stored.Unmarshal(e.Value, &saved)
			t := saved.Document(stored.Tail(e.Key))
			t.LastUsed = s.used.latest(t.ID, stored.FromMicros(used[t.ID]))
			tokens = append(tokens, t)
			return err
		})
	}
	if err != nil {
		return nil, model.Unavailable("the tokens can't be read", err)
	}
	slices.SortFunc(tokens, func(a, b api.Token) int { return a.Created.Compare(b.Created) })
	return tokens, nil
}

// RevokeToken revokes a token, and those that logins by browser have made of it. Once it returns, this replica refuses
// them. The last admin token for all environments can't be revoked. An error has the code NotFound or InUse.
func (s *Service) RevokeToken(ctx context.Context, id string, o WriteOptions) error {
	return s.changeSystem(ctx, change{action: "token.revoke", key: id, options: o, urgent: true}, func(d *replica.Draft) error {
		all, err := s.savedTokens(ctx)
		if err != nil {
			return err
		}
		t := all[id]
		if t == nil {
			return model.Errorf(api.NotFound, "there is no token %.80q", id)
		}
		others := false
		for other, saved := range all {
			others = others || other != id && lasting(saved.Document(other))
		}
		if lasting(t.Document(id)) && !others {
			return &api.Error{Code: api.InUse, Message: "it is the last admin token", Users: []string{}}
		}
		if err := s.endLogins(ctx, d, id); err != nil {
			return err
		}
		return endToken(d, id, t) // last, since the audit names the change by it
	})
}

// firstToken makes sure that an admin token exists: the configured one, or else a new one if there is none at all.
func (s *Service) firstToken(ctx context.Context) error {
	if s.config.AdminToken != "" {
		return s.configureToken(ctx, s.config.AdminToken)
	}
	ended, err := s.endConfiguredToken(ctx)
	if err != nil {
		return err
	}
	o := WriteOptions{By: "gonfalon", Reason: "first start", IfAbsent: true, quiet: true}
	if ended && !s.hasAdmin() {
		o.Reason, o.IfAbsent = "the configured admin token was removed, and was the only one", false
	} else if len(s.replica.View().Tokens.ByID) > 0 {
		return nil
	}
	token, err := s.CreateToken(ctx, api.NewToken{Name: "first admin", Role: api.RoleAdmin}, o)
	if CodeOf(err) == api.Exists {
		return nil // another replica was first
	}
	if err == nil {
		s.initial = token.Secret
		s.log.Info("made the first admin token", "id", token.ID)
	}
	return err
}

// hasAdmin reports whether there is an admin token for all environments that doesn't expire.
func (s *Service) hasAdmin() bool {
	for id, saved := range s.replica.View().Tokens.ByID {
		if lasting(saved.Document(id)) {
			return true
		}
	}
	return false
}

// lasting reports whether a token is an admin's for all environments, and doesn't expire.
func lasting(t api.Token) bool { return t.Allows(api.PermitAdmin, "") && t.Expires.IsZero() }

// endConfiguredToken revokes the token that Config.AdminToken set before, now that it sets none.
func (s *Service) endConfiguredToken(ctx context.Context) (ended bool, err error) {
	if s.config.KeepAdminToken || s.replica.View().Tokens.ByID[configuredToken] == nil {
		return false, nil
	}
	o := WriteOptions{By: "gonfalon", Reason: "it is no longer configured"}
	c := change{action: "token.revoke", key: configuredToken, options: o, urgent: true}
	err = s.changeSystem(ctx, c, func(d *replica.Draft) error {
		e, err := store.ReadOne(ctx, s.store, stored.TokenPrefix+configuredToken)
		if ended = err == nil && e.Revision != 0; !ended {
			return err // another replica was first
		}
		var saved stored.Token
		if err := stored.Unmarshal(e.Value, &saved); err != nil {
			return err
		}
		if err := s.endLogins(ctx, d, configuredToken); err != nil {
			return err
		}
		return endToken(d, configuredToken, &saved)
	})
	if ended && err == nil {
		s.log.Warn("the admin token that was configured before no longer works, because it is no longer configured")
	}
	return ended, err
}

// configureToken replaces the previously configured secret with the configured one.
func (s *Service) configureToken(ctx context.Context, secret string) error {
	if err := CheckSecret(secret); err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(secret))
	if old := s.replica.View().Tokens.ByID[configuredToken]; old != nil && subtle.ConstantTimeCompare(old.Hash, hash[:]) == 1 {
		return nil
	}
	o := WriteOptions{By: "gonfalon", Reason: "configuration"}
	return s.changeSystem(ctx, change{action: "token.configure", key: configuredToken, options: o}, func(d *replica.Draft) error {
		saved := stored.Token{Name: "configured admin", Role: api.RoleAdmin, Created: d.Head.Time, By: o.By, Hash: hash[:]}
		d.Write(store.Op{Key: stored.TokenPrefix + configuredToken, Value: stored.Marshal(saved)})
		if err := s.endLogins(ctx, d, configuredToken); err != nil {
			return err
		}
		return d.Note(api.Change{Kind: api.KindToken, Key: configuredToken, Op: api.OpUpdate}, map[string]any{}, saved.Audit())
	})
}
