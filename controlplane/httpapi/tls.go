package httpapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// recheck is how often a certificate's files are checked, so that a renewed one needs no restart.
const recheck = 10 * time.Second

// TLSFiles returns a server's TLS configuration from PEM files: its certificate, including intermediate ones, its key
// and, for mutual TLS, the authorities that must have signed the callers' certificates ("" if callers need none).
func TLSFiles(certificate, key, clientAuthorities string) (*tls.Config, error) {
	pair := &keyPair{certificate: certificate, key: key}
	if _, err := pair.get(nil); err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"h2", "http/1.1"}}
	if clientAuthorities == "" {
		return c, nil
	}
	pem, err := os.ReadFile(clientAuthorities)
	if err != nil {
		return nil, fmt.Errorf("httpapi: the authorities of client certificates: %w", err)
	}
	c.ClientCAs = x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("httpapi: " + clientAuthorities + " has no certificate in PEM form")
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	return c, nil
}

// keyPair is a certificate that may be renewed while it is in use.
type keyPair struct {
	certificate, key string

	mu      sync.Mutex
	loaded  *tls.Certificate
	written time.Time // when the certificate's file was written
	checked time.Time
}

// get returns the certificate in the files. While they can't be read, in the middle of a renewal, it returns the last
// one.
func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.loaded != nil && now.Sub(p.checked) < recheck {
		return p.loaded, nil
	}
	p.checked = now
	info, err := os.Stat(p.certificate)
	if err == nil && p.loaded != nil && info.ModTime().Equal(p.written) {
		return p.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(p.certificate, p.key)
	}
	switch {
	case err == nil:
		p.loaded, p.written = &pair, info.ModTime()
	case p.loaded == nil:
		return nil, fmt.Errorf("httpapi: the server's certificate: %w", err)
	}
	return p.loaded, nil
}
