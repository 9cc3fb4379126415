package httpapi

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// scope says which environment a route is about.
type scope uint8

const (
	none  scope = iota // none, as for tokens and webhooks
	named              // the one in the path
	some               // those in which the token may do it; the handler narrows them down
	asked              // the token's only one, or else the header's, or else the default
)

// admit decides whether to let a request in: it checks the token, how often the token calls, and whether it is allowed to.
func (x *call) admit() error {
	if x.route.permit == "" {
		return nil
	}
	x.secret = secretOf(x.Request())
	if x.secret == "" {
		return &controlplane.Error{Code: controlplane.Unauthorized, Message: "send a token: Authorization: Bearer …"}
	}
	token, err := x.service().Authenticate(x.secret)
	if err != nil {
		return err
	}
	x.token = token
	if wait := x.api.limits.take(token.ID); wait > 0 {
		return tooOften(wait)
	}
	switch x.route.scope {
	case none:
	case named:
		x.env = x.param("env")
	case some:
		if !allowsSome(token, x.route.permit) {
			return forbidden(token, x.route.permit, "")
		}
		return nil
	case asked:
		if x.env, err = askedEnvironment(token, x.route.permit, x.Request().Header.Get(environmentHeader)); err != nil {
			return err
		}
	}
	if !token.Allows(x.route.permit, x.env) {
		return forbidden(token, x.route.permit, x.env)
	}
	return nil
}

// secretOf returns the token in a request: a bearer token, or OFREP's API key.
func secretOf(r *http.Request) string {
	if scheme, secret, found := strings.Cut(r.Header.Get("Authorization"), " "); found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(secret)
	}
	return r.Header.Get("X-API-Key")
}

// allowsSome reports whether a token has a permission in any environment, or in all.
func allowsSome(t controlplane.Token, p controlplane.Permission) bool {
	return t.Allows(p, "") || slices.ContainsFunc(t.Envs, func(env string) bool { return t.Allows(p, env) })
}

// askedEnvironment returns the environment in which to evaluate. If a token has only one environment and the header names another, the
// request is refused rather than the header ignored: its sender would mistake one environment's answers for another's.
func askedEnvironment(t controlplane.Token, p controlplane.Permission, header string) (string, error) {
	if len(t.Envs) == 1 {
		if header != "" && header != t.Envs[0] {
			return header, forbidden(t, p, header)
		}
		return t.Envs[0], nil
	}
	if header != "" {
		return header, nil
	}
	return controlplane.DefaultEnvironment, nil
}

func forbidden(t controlplane.Token, p controlplane.Permission, env string) error {
	message := "the token " + quote(t.Name) + " (" + string(t.Role) + ") has no permission to " + string(p)
	switch {
	case env != "":
		message += " in the environment " + quote(env)
	case len(t.Envs) > 0:
		message += " outside of its environments"
	}
	return &controlplane.Error{Code: controlplane.Forbidden, Message: message}
}

// limits holds the request rates of tokens. Each replica has its own.
type limits struct {
	rate  rate.Limit
	burst int
	all   sync.Map // by token id, a *rate.Limiter; a token takes 100 bytes until the process ends
}

func newLimits(perSecond float64, burst int) *limits {
	return &limits{rate: rate.Limit(perSecond), burst: burst}
}

// take counts a request of a token. It returns how long the token must wait, if it makes too many.
func (l *limits) take(token string) time.Duration {
	if l.rate <= 0 {
		return 0
	}
	found, ok := l.all.Load(token)
	if !ok {
		found, _ = l.all.LoadOrStore(token, rate.NewLimiter(l.rate, l.burst))
	}
	now := time.Now()
	r := found.(*rate.Limiter).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// seconds rounds a wait up, for Retry-After.
func seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }
