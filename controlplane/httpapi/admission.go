package httpapi

import (
	"math"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// environment says in which environment a request's token must have the permission.
type environment uint8

const (
	noEnvironment    environment = iota // in what belongs to none: tokens, webhooks …
	pathEnvironment                     // in the path's
	anyEnvironment                      // in any; the handler narrows the answer down to those where it has it
	tokenEnvironment                    // in the token's only one, else the header's, else the default
)

// admit decides whether to let a request in: it checks the token, how often the token calls, and whether it is allowed
// to.
func (c *call) admit() error {
	if c.route.permit == "" {
		return nil
	}
	from := network(c.rules.proxies.caller(c.Request()))
	token, err := c.authenticate(from)
	if err != nil {
		return err
	}
	if !c.api.guesses.right(caller{from, token.ID}) {
		return tooManyGuesses(time.Second)
	}
	c.token = token
	if wait := c.rules.limits.take(token, from); wait > 0 {
		return tooOften(wait)
	}
	switch c.route.env {
	case noEnvironment:
	case pathEnvironment:
		c.env = c.param("env")
	case anyEnvironment:
		if !token.AllowsAnywhere(c.route.permit) {
			return forbidden(token, c.route.permit, "")
		}
		return c.mayChange()
	case tokenEnvironment:
		if c.env, err = environmentOf(token, c.route.permit, c.Request().Header.Get(environmentHeader)); err != nil {
			return err
		}
	}
	if !token.Allows(c.route.permit, c.env) {
		return forbidden(token, c.route.permit, c.env)
	}
	return c.mayChange()
}

// authenticate returns the token that a request has, or that its session acts for.
func (c *call) authenticate(from netip.Prefix) (api.Token, error) {
	if c.secret = secretOf(c.Request()); c.secret == "" {
		return c.admitSession()
	}
	token, err := c.service().Authenticate(c.secret)
	if err != nil {
		if wait := c.api.guesses.wrong(from); wait > 0 {
			return token, tooManyGuesses(wait)
		}
		return token, unauthorized.of("", err.Error())
	}
	return token, nil
}

// secretOf returns the token in a request: a bearer token, or OFREP's API key.
func secretOf(r *http.Request) string {
	if scheme, secret, found := strings.Cut(r.Header.Get("Authorization"), " "); found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(secret)
	}
	return r.Header.Get("X-API-Key")
}

// environmentOf returns the environment in which to evaluate. If a token has only one environment and the header names
// another, the request is refused rather than the header ignored: its sender would mistake one environment's answers
// for another's.
func environmentOf(t api.Token, p api.Permission, header string) (string, error) {
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

func forbidden(t api.Token, p api.Permission, env string) error {
	message := "the token " + quote(t.Name) + " (" + string(t.Role) + ") has no permission to " + string(p)
	switch {
	case env != "":
		message += " in the environment " + quote(env)
	case len(t.Envs) > 0:
		message += " outside of its environments"
	}
	return notAllowed.of("", message)
}

// limits holds the request rates of callers. Each replica has its own. A caller is a token or, for a client token, which
// every page of a site has, the token at one address: no visitor takes the requests of the others.
type limits struct {
	rate  rate.Limit
	burst int
	all   *recent[caller, *rate.Limiter]
}

func newLimits(perSecond float64, burst int) *limits {
	return &limits{rate: rate.Limit(perSecond), burst: burst, all: newRecent[caller, *rate.Limiter](limitersKept)}
}

// same reports whether other limits are the same for every caller.
func (l *limits) same(other *limits) bool { return l.rate == other.rate && l.burst == other.burst }

// take counts a request. It returns how long the caller must wait, if it makes too many.
func (l *limits) take(t api.Token, from netip.Prefix) time.Duration {
	if l.rate <= 0 {
		return 0
	}
	c := caller{token: t.ID}
	if t.Role == api.RoleClient {
		c.from = from
	}
	return take(l.all.use(c, func() *rate.Limiter { return rate.NewLimiter(l.rate, l.burst) }))
}

// seconds rounds a wait up, for Retry-After.
func seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }
