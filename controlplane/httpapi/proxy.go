package httpapi

import (
	"net/http"
	"net/netip"
	"net/url"
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

// publicBase returns the address of the API as its callers see it: the origin, "" if only the path is known, and the
// path that comes before the API's own.
func (c *call) publicBase(below string) (origin, path string) {
	if public := c.rules.public; public != nil {
		return public.Scheme + "://" + public.Host, strings.TrimSuffix(public.Path, "/")
	}
	r := c.Request()
	path, _, _ = strings.Cut(r.RequestURI, "?")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/"), below)
	if !c.rules.proxies.trusts(r) {
		return "", path
	}
	if prefix := r.Header.Get("X-Forwarded-Prefix"); strings.HasPrefix(prefix, "/") && !strings.HasPrefix(prefix, "//") {
		path = strings.TrimSuffix(prefix, "/") + path
	}
	proto, host := r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host")
	if u, err := url.Parse(proto + "://" + host); err == nil && (proto == "http" || proto == "https") && u.Host == host && host != "" {
		origin = proto + "://" + host
	}
	return origin, path
}
