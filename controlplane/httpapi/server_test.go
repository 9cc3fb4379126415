package httpapi_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// serve runs a server until the test ends, or stop is called.
func serve(t *testing.T, s *httpapi.Server) (address string, stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Logger = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- s.Serve(ctx, listener) }()
	stopped := false
	stop = func() error {
		cancel()
		stopped = true
		return <-end
	}
	t.Cleanup(func() {
		if !stopped {
			_ = stop()
		}
	})
	return listener.Addr().String(), stop
}

// TestShutdown checks that streams end at once and properly, and that a request under way is answered.
func TestShutdown(t *testing.T) {
	f := open(t, httpapi.Config{})
	address, stop := serve(t, &httpapi.Server{API: f.api})
	client := &apiclient.Client{Endpoint: "http://" + address, Token: adminToken, HTTP: &http.Client{}}
	events, end := listen(t, client, "")
	next(t, events)

	// The body of this change is still on its way when the server is told to stop.
	conn, reader := putSlowly(t, address, len(`{"gates": []}`))
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	if err := ended(t, end); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
	if _, err := io.WriteString(conn, `{"gates": []}`); err != nil {
		t.Fatal(err)
	}
	if got, err := http.ReadResponse(reader, nil); err != nil || got.StatusCode != http.StatusCreated {
		t.Errorf("a request under way got %v %v", got, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the server still listens")
	}
}

// putSlowly begins to put a flag, and returns when the handler waits for the body.
func putSlowly(t *testing.T, address string, length int) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "PUT /v1/envs/default/flags/late HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", adminToken, length)
	reader := bufio.NewReader(conn)
	for _, want := range []string{"HTTP/1.1 100 Continue\r\n", "\r\n"} {
		if line, err := reader.ReadString('\n'); err != nil || line != want {
			t.Fatalf("%q %v", line, err)
		}
	}
	return conn, reader
}

func TestShutdownGrace(t *testing.T) {
	f := open(t, httpapi.Config{})
	address, stop := serve(t, &httpapi.Server{API: f.api, Grace: 50 * time.Millisecond})
	putSlowly(t, address, 100)
	if err := stop(); err == nil || !strings.Contains(err.Error(), "still open") {
		t.Errorf("%v", err)
	}
}

// authority signs certificates.
type authority struct {
	t           *testing.T
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.key, a.certificate = key, a.sign(template, template, key, "ca")
	return a
}

// sign writes a certificate and its key to files.
func (a *authority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey, name string) *x509.Certificate {
	a.t.Helper()
	signer := a.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(filepath.Join(a.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// issue makes a certificate and returns its files.
func (a *authority) issue(name string, serial int64) (certificate, key string) {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.certificate, k, name)
	return filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
}

func TestTLS(t *testing.T) {
	f := open(t, httpapi.Config{})
	ca := newAuthority(t)
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	certificate, key := ca.issue("server", 2)
	mine, err := tls.LoadX509KeyPair(ca.issue("caller", 3))
	if err != nil {
		t.Fatal(err)
	}
	strange := newAuthority(t)
	theirs, err := tls.LoadX509KeyPair(strange.issue("stranger", 4))
	if err != nil {
		t.Fatal(err)
	}
	call := func(address string, own ...tls.Certificate) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: own}}}
		defer client.CloseIdleConnections()
		got, err := client.Get("https://" + address + "/healthz")
		if err == nil {
			got.Body.Close()
		}
		return err
	}
	plain, err := httpapi.TLSFiles(certificate, key, "")
	if err != nil {
		t.Fatal(err)
	}
	address, _ := serve(t, &httpapi.Server{API: f.api, TLS: plain})
	if err := call(address); err != nil {
		t.Error(err)
	}
	mutual, err := httpapi.TLSFiles(certificate, key, filepath.Join(ca.dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	address, _ = serve(t, &httpapi.Server{API: f.api, TLS: mutual})
	if err := call(address, mine); err != nil {
		t.Error(err)
	}
	if call(address) == nil {
		t.Error("a caller without a certificate got in")
	}
	if call(address, theirs) == nil {
		t.Error("a caller with a stranger's certificate got in")
	}
	for _, files := range [][3]string{{"missing", key, ""}, {certificate, certificate, ""}, {certificate, key, "missing"}, {certificate, key, key}} {
		if _, err := httpapi.TLSFiles(files[0], files[1], files[2]); err == nil {
			t.Errorf("%v: no error", files)
		}
	}
}

// TestMounted mounts the API under a path of another server, and checks that the addresses in responses lead there.
func TestMounted(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	mux := http.NewServeMux()
	mux.Handle("/tools/flags/", http.StripPrefix("/tools/flags", f.api))
	server := httptest.NewServer(mux)
	defer server.Close()
	client := apiclient.New(server.URL+"/tools/flags", adminToken)
	if flag, err := client.Flag(t.Context(), "default", "x"); err != nil || flag.Key != "x" {
		t.Errorf("%+v %v", flag, err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/tools/flags/ofrep/v1/evaluate/flags", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	got, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || !strings.Contains(string(body), `"requestUri":"/tools/flags/ofrep/v1/events?channel=`) {
		t.Errorf("%s %v", body, err)
	}
}
