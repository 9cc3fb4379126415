package httpapi

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// SenderConfig says how to deliver webhooks. Its zero value is ready to use.
type SenderConfig struct {
	AllowPrivate bool             // deliver also to addresses that aren't public: this machine, private networks, cloud metadata
	Version      string           // the program's, for User-Agent
	Clock        func() time.Time // nil for time.Now
}

// deliveryTime is how long one attempt may take.
const deliveryTime = 10 * time.Second

// Sender delivers webhooks over HTTP: a POST of the audit entry, signed with the webhook's secret.
//
//	X-Gonfalon-Delivery: the same in each attempt, so that a receiver can recognise a repetition
//	X-Gonfalon-Event: flag.enable, or test
//	X-Gonfalon-Signature: t=<Unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>
//
// Any status from 200 to 299 is a success. Redirects are not followed: they could lead anywhere.
type Sender struct {
	client http.Client
	local  atomic.Bool // it delivers to addresses that aren't public
	agent  string
	now    func() time.Time
}

// NewSender returns a sender.
func NewSender(c SenderConfig) *Sender {
	s := &Sender{now: c.Clock, agent: "gonfalon/" + c.Version}
	s.local.Store(c.AllowPrivate)
	// Check the address that is dialled, after the name was resolved: a name may point anywhere, and may change.
	dialer := &net.Dialer{Timeout: deliveryTime, Control: func(_, address string, _ syscall.RawConn) error {
		if s.local.Load() {
			return nil
		}
		return public(address)
	}}
	if s.now == nil {
		s.now = time.Now
	}
	s.client = http.Client{
		Timeout:       deliveryTime,
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// AllowPrivate changes what SenderConfig.AllowPrivate said at first.
func (s *Sender) AllowPrivate(allow bool) {
	s.local.Store(allow)
	s.client.CloseIdleConnections() // they may lead where none may be opened any more
}

// message is the body of a delivery.
type message struct {
	ID    string         `json:"id"`
	Event string         `json:"event"`
	Entry api.AuditEntry `json:"entry"`
}

// Send makes one attempt.
func (s *Sender) Send(ctx context.Context, d api.Delivery) error {
	event := d.Entry.Action
	if d.Test {
		event = "test"
	}
	body, err := json.Marshal(message{d.ID, event, d.Entry})
	if err != nil {
		return fmt.Errorf("webhook %s: %w", d.Webhook.Name, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Webhook.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook %s: %w", d.Webhook.Name, withoutURL(err))
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", s.agent)
	r.Header.Set("X-Gonfalon-Delivery", d.ID)
	r.Header.Set("X-Gonfalon-Event", event)
	r.Header.Set("X-Gonfalon-Signature", Signature(d.Webhook.Secret, s.now(), body))
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("webhook %s at %s: %w", d.Webhook.Name, r.URL.Host, withoutURL(err))
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("webhook %s: the receiver answered %s", d.Webhook.Name, answer.Status)
	}
	return nil
}

// withoutURL returns an error of net/http without the URL, whose path is a secret of some services.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// Signature returns the signature of a delivery. It covers the time, so that an old delivery can't be sent again.
func Signature(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, t+".")
	_, _ = mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

var errPrivate = errors.New("the address is not public; --webhooks-allow-private allows it")

// reserved lists networks that are neither private nor public.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("168.63.129.16/32"),                                // Azure's host
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("::ffff:0:0:0/96"), // IPv4-compatible; IPv4-translated
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), // IPv4 behind NAT64
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), // discarded; Teredo and other protocols
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), // documentation; 6to4
	netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("fec0::/10"), // documentation; site-local
	netip.MustParsePrefix("5f00::/16"), // segment routing
}

// public refuses an address that only this machine or its networks can reach.
func public(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap().WithZone("") // no prefix contains an address with a zone
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return errPrivate
	}
	for _, net := range reserved {
		if net.Contains(ip) {
			return errPrivate
		}
	}
	return nil
}
