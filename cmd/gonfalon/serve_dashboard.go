package main

import (
	"context"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// dashboardLook are the settings of serve about what the dashboard shows.
type dashboardLook struct {
	readOnly           bool
	production, colors []string
	banner, actorURL   string
}

func (l *dashboardLook) register(f *pflag.FlagSet) {
	f.BoolVar(&l.readOnly, "dashboard-read-only", false, "refuse every change by the dashboard; tokens change things as before")
	f.StringSliceVar(&l.production, "dashboard-production", []string{"production", "prod", "live", "*-production", "*-prod", "*-live"},
		"environments that the dashboard marks as production; * stands for any characters")
	f.StringSliceVar(&l.colors, "dashboard-colors", nil, "colours of environments in the dashboard, such as staging=#1f6f8b")
	f.StringVar(&l.banner, "dashboard-banner", "", "a line that the dashboard shows above every page")
	f.StringVar(&l.actorURL, "dashboard-actor-url", "", "your own page of an actor, for links from the dashboard, such as https://shop.example/users/{actor}")
}

var (
	environmentKey = regexp.MustCompile(controlplane.EnvironmentPattern)
	hexColor       = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
)

// maxBanner is how many bytes of a banner fit on a line of a page.
const maxBanner = 200

// check reads the settings, and refuses what makes no sense.
func (l *dashboardLook) check() (n api.Dashboard, err error) {
	n = api.Dashboard{ReadOnly: l.readOnly, Production: l.production, Banner: l.banner, ActorURL: l.actorURL}
	for _, pattern := range l.production {
		if _, err := path.Match(pattern, ""); err != nil || !environmentKey.MatchString(strings.ReplaceAll(pattern, "*", "a")) {
			return n, usagef("--dashboard-production: %q is neither an environment nor a pattern such as *-production", pattern)
		}
	}
	for _, text := range l.colors {
		env, color, _ := strings.Cut(text, "=")
		if !environmentKey.MatchString(env) || !hexColor.MatchString(color) {
			return n, usagef("--dashboard-colors: %q is not an environment and its colour such as staging=#1f6f8b", text)
		}
		if n.Colors == nil {
			n.Colors = map[string]string{}
		}
		n.Colors[env] = color
	}
	if problem := flagset.ControlProblem(l.banner, ""); problem != "" || len(l.banner) > maxBanner {
		return n, usagef("--dashboard-banner: %.40q is not one line of at most %d bytes", l.banner, maxBanner)
	}
	if l.actorURL != "" && !isActorURL(l.actorURL) {
		return n, usagef("--dashboard-actor-url: %q is not an address such as https://shop.example/users/{actor}, with {actor} after the host", l.actorURL)
	}
	return n, nil
}

// isActorURL reports whether a template makes links to one host over HTTP, whatever the actor is.
func isActorURL(template string) bool {
	before, _, found := strings.Cut(template, "{actor}")
	fixed, err := url.Parse(before)
	if err != nil || !found || fixed.Scheme != "http" && fixed.Scheme != "https" || fixed.Host == "" || fixed.User != nil {
		return false
	}
	whole, err := url.Parse(strings.ReplaceAll(template, "{actor}", "x"))
	return err == nil && whole.Host == fixed.Host && strings.HasPrefix(strings.TrimPrefix(before, fixed.Scheme+"://"), fixed.Host) &&
		len(before) > len(fixed.Scheme+"://"+fixed.Host)
}

// check reads the settings of live, and refuses what makes no sense among these and the others.
func (s *serving) check() (checked, error) {
	if !httpapi.Mountable(s.dashboardPath) {
		return checked{}, usagef("--dashboard-path: %q is not a path such as /dashboard, beside those of the API", s.dashboardPath)
	}
	return s.live.check()
}

// pages says where the dashboard is below the address of the API, and how to get in; "" without one. At the first start
// it is a one-time address.
func (s *serving) pages(ctx context.Context, service *controlplane.Service, served *httpapi.API) string {
	at := served.DashboardPath()
	if at == "" {
		return ""
	}
	if admin, err := service.Authenticate(service.InitialToken()); err == nil {
		if made, err := service.CreateSignIn(ctx, admin.ID); err == nil { // otherwise a token is the way in
			return httpapi.SignInAddress(at, made.Secret) + " (good once, for ten minutes; later: gonfalon dashboard)"
		}
	}
	return strings.TrimPrefix(strings.TrimSuffix(at, "/")+"/", "/") + " (sign in with a token, or run gonfalon dashboard)"
}
