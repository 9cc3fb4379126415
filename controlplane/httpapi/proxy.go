package httpapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Proxies stand between callers and this server. Their X-Forwarded headers count; anybody else's are ignored, since
// anybody can write them.
type proxies []netip.Prefix

// trusts reports whether a request comes from one of the proxies.
func (p proxies) trusts(r *http.Request) bool {
	return len(p) > 0 && p.has(addressOf(r.RemoteAddr))
}

func (p proxies) has(ip netip.Addr) bool {
	return slices.ContainsFunc(p, func(net netip.Prefix) bool { return net.Contains(ip) })
}

// caller returns the address that a request comes from: that of the connection or, behind the proxies, the last in
// X-Forwarded-For that isn't a proxy's. It is the zero Addr if the address can't be read.
func (p proxies) caller(r *http.Request) netip.Addr {
	ip := addressOf(r.RemoteAddr)
	if len(p) == 0 || !p.has(ip) {
		return ip
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before := addressOf(strings.TrimSpace(hop))
		if !before.IsValid() {
			break
		}
		if ip = before; !p.has(ip) {
			break
		}
	}
	return ip
}

// addressOf reads an address with or without a port.
func addressOf(text string) netip.Addr {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

// network returns what one caller has: an IPv4 address, or an IPv6 network of 64 bits.
func network(ip netip.Addr) netip.Prefix {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	net, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // the zero Addr: such callers share one budget
	}
	return net
}

var mountPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+/?$`)

// Mountable reports whether the dashboard may be at a path below the API, such as "/dashboard".
func Mountable(at string) bool {
	return at == "/" || mountable(at) && !Owns(at) && !strings.HasSuffix(at, "/")
}

// mountable reports whether a path is one that something may be mounted at. It ends up in pages, in cookies and in
// addresses, so it has neither special characters nor dots as segments.
func mountable(at string) bool {
	return mountPath.MatchString(at) && path.Clean(at) == strings.TrimSuffix(at, "/")
}

// PublicPath returns the path under which callers reach the API, as far as a request tells: "" or such as "/flags".
func (a *API) PublicPath(r *http.Request) string {
	_, at := a.rules.Load().publicBase(r, strings.TrimSuffix(r.URL.EscapedPath(), "/"))
	if !mountable(at) {
		return "" // nothing that this server or a proxy strips
	}
	return at
}

// secure reports whether the caller reaches the API over TLS, here or at a proxy.
func (c *call) secure() bool {
	origin, _ := c.publicBase("")
	return c.Request().TLS != nil || strings.HasPrefix(origin, "https:") ||
		c.rules.proxies.trusts(c.Request()) && c.Request().Header.Get("X-Forwarded-Proto") == "https"
}

// sameOrigin refuses a request that a page of another origin makes a browser send, whatever its method.
// Why: RATIONALE.md "Why must pages of the same origin alone send a session's cookie, even to read?"
func (c *call) sameOrigin() error {
	asked := *c.Request()
	asked.Method = http.MethodPost // all that the check lets through unseen are safe methods
	if c.api.crossOrigin.Check(&asked) == nil {
		return nil
	}
	origin, _ := c.publicBase("")
	if _, asked.Host, _ = strings.Cut(origin, "://"); asked.Host != "" && c.api.crossOrigin.Check(&asked) == nil {
		return nil
	}
	return crossOrigin.of("", "")
}

// publicBase returns the address of the API as its callers see it: the origin, "" if only the path is known, and the
// path that comes before the API's own.
func (c *call) publicBase(below string) (origin, path string) {
	return c.rules.publicBase(c.Request(), below)
}

func (e *rules) publicBase(r *http.Request, below string) (origin, path string) {
	if public := e.public; public != nil {
		return public.Scheme + "://" + public.Host, strings.TrimSuffix(public.Path, "/")
	}
	path, _, _ = strings.Cut(r.RequestURI, "?")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/"), below)
	if !e.proxies.trusts(r) {
		return "", path
	}
	if prefix := r.Header.Get("X-Forwarded-Prefix"); mountable(prefix) {
		path = strings.TrimSuffix(prefix, "/") + path
	}
	proto, host := r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host")
	if u, err := url.Parse(proto + "://" + host); err == nil && (proto == "http" || proto == "https") && u.Host == host && host != "" {
		origin = proto + "://" + host
	}
	return origin, path
}
