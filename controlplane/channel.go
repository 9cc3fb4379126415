package controlplane

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
)

// Channel returns the name by which whoever has a token may learn that an environment changed, without sending the
// token. It is derived from the token, and is worth nothing once the token is. It is "" for a token that doesn't exist.
// Why: RATIONALE.md "Why may a page listen to OFREP's event stream without a token?"
func (s *Service) Channel(token, env string) string {
	saved := s.replica.View().Tokens.ByID[token]
	if saved == nil {
		return ""
	}
	return token + "." + env + "." + channelKey(saved, env)
}

// channelBytes is how much of the HMAC a channel carries: too much to guess.
const channelBytes = 16

func channelKey(t *stored.Token, env string) string {
	mac := hmac.New(sha256.New, t.Hash)
	_, _ = mac.Write([]byte("events of " + env))
	return hex.EncodeToString(mac.Sum(nil)[:channelBytes])
}

// Listener returns the token and the environment of a channel. An error has the code NotFound if the channel is not one,
// or its token is revoked, has expired, or may not evaluate there.
func (s *Service) Listener(channel string) (t api.Token, env string, err error) {
	id, rest, _ := strings.Cut(channel, ".")
	dot := strings.LastIndexByte(rest, '.')
	saved := s.replica.View().Tokens.ByID[id]
	if dot < 0 || saved == nil {
		return t, "", noChannel()
	}
	env = rest[:dot]
	if !hmac.Equal([]byte(channelKey(saved, env)), []byte(rest[dot+1:])) {
		return t, "", noChannel()
	}
	t = saved.Document(id)
	if expired(t, s.now()) || !t.Allows(api.PermitEvaluate, env) {
		return t, "", noChannel()
	}
	return t, env, nil
}

func noChannel() error { return model.Errorf(api.NotFound, "there is no such channel") }

// TokenChanges yields whenever this replica has learnt of tokens that were made, changed or revoked, or of sessions that
// began or ended, until the context or the service ends. It yields once at the start.
func (s *Service) TokenChanges(ctx context.Context) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		v := s.replica.View()
		for known := v; yield(struct{}{}); known = v {
			for v.Tokens == known.Tokens && v.Sessions == known.Sessions {
				select {
				case <-v.Next:
					v = s.replica.View()
				case <-ctx.Done():
					return
				case <-s.ctx.Done():
					return
				}
			}
		}
	}
}
