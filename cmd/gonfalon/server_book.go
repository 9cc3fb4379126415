package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
	"go.yaml.in/yaml/v3"
)

// serverBook is the file that has the servers which a person works with. A token is in the operating system's keyring, or
// in the file where there is none; only its owner can read the file.
//
// Why: RATIONALE.md "Where does the command line keep tokens?"
type serverBook struct {
	Current string        `yaml:"current,omitempty"`
	Servers []knownServer `yaml:"servers,omitempty"`

	Newer map[string]any `yaml:",inline"` // what a later version wrote, which save keeps

	path string
}

// knownServer is one of them.
type knownServer struct {
	Name        string `yaml:"name"`
	Endpoint    string `yaml:"endpoint"`
	Environment string `yaml:"environment,omitempty"` // that verbs are about, if --env doesn't say another
	CACert      string `yaml:"ca-cert,omitempty"`
	Token       string `yaml:"token,omitempty"` // only where there is no keyring

	Newer map[string]any `yaml:",inline"`
}

// bookVariable names another file than the usual one.
const bookVariable = "GONFALON_SERVERS"

// openServerBook reads the file. One that isn't there is empty.
func openServerBook() (*serverBook, error) {
	path := os.Getenv(bookVariable)
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil { // there is no home, so there are no servers
			return new(serverBook), nil
		}
		path = filepath.Join(dir, "gonfalon", "servers.yaml")
	}
	b := &serverBook{path: path}
	text, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the known servers: %w", err)
	}
	if err := yaml.Unmarshal(text, b); err != nil {
		return nil, fmt.Errorf("the known servers: %s: %w", path, inYAML(err))
	}
	hasToken := slices.ContainsFunc(b.Servers, func(s knownServer) bool { return s.Token != "" })
	if info, err := os.Stat(path); err == nil && hasToken && readableByOthers(info) {
		return nil, fmt.Errorf("others can read the tokens in %s: chmod 600 %s", path, path)
	}
	return b, nil
}

// save writes the file, which only its owner can read.
func (b *serverBook) save() error {
	if b.path == "" {
		return fmt.Errorf("there is no directory for settings: name a file in %s", bookVariable)
	}
	text, err := yaml.Marshal(b)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(b.path), 0o700)
	}
	if err == nil {
		err = replaceFile(b.path, 0o600, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("the known servers: %w", err)
	}
	return nil
}

// named returns the server of this name, or nil.
func (b *serverBook) named(name string) *knownServer {
	return b.first(func(s knownServer) bool { return s.Name == name })
}

// at returns the server at this address, or nil.
func (b *serverBook) at(endpoint string) *knownServer {
	return b.first(func(s knownServer) bool { return sameEndpoint(s.Endpoint, endpoint) })
}

func (b *serverBook) first(is func(knownServer) bool) *knownServer {
	if i := slices.IndexFunc(b.Servers, is); i >= 0 {
		return &b.Servers[i]
	}
	return nil
}

func (b *serverBook) names() (names []string) {
	for _, s := range b.Servers {
		names = append(names, s.Name)
	}
	return names
}

// add adds a server, or replaces the one of its name. The first one is the current one.
func (b *serverBook) add(s knownServer) {
	if known := b.named(s.Name); known != nil {
		s.Newer = known.Newer
		*known = s
	} else {
		b.Servers = append(b.Servers, s)
		slices.SortFunc(b.Servers, func(a, b knownServer) int { return strings.Compare(a.Name, b.Name) })
	}
	if b.Current == "" {
		b.Current = s.Name
	}
}

// remove forgets a server.
func (b *serverBook) remove(name string) {
	b.Servers = slices.DeleteFunc(b.Servers, func(s knownServer) bool { return s.Name == name })
	if b.Current == name {
		b.Current = ""
	}
}

// keyringService is what the keyring files tokens under, by address.
const keyringService = "gonfalon"

// keyringPatience bounds how long a keyring is waited for: it may ask a person to unlock it.
const keyringPatience = time.Minute

// storedToken returns the server's token, "" if there is none.
func (s *knownServer) storedToken() string {
	if s.Token != "" {
		return s.Token
	}
	token := ""
	_ = withKeyring(func() (err error) { // without a keyring there is no token in it
		token, err = keyring.Get(keyringService, s.Endpoint)
		return err
	})
	return token
}

// keep keeps the server's token in the keyring, or else in the file, and says where.
func (s *knownServer) keep(token string) (where string) {
	s.Token = ""
	if withKeyring(func() error { return keyring.Set(keyringService, s.Endpoint, token) }) == nil {
		return "the keyring"
	}
	s.Token = token
	return "the file"
}

// forget deletes the server's token wherever it is.
func (s *knownServer) forget() {
	s.Token = ""
	_ = withKeyring(func() error { return keyring.Delete(keyringService, s.Endpoint) }) // which may have none
}

var errNoKeyring = errors.New("there is no keyring")

// withKeyring uses the keyring if there is one that answers.
func withKeyring(do func() error) error {
	if os.Getenv("GONFALON_KEYRING") == "off" {
		return errNoKeyring
	}
	done := make(chan error, 1)
	go func() { done <- do() }() // it ends with the process if the keyring never answers
	select {
	case err := <-done:
		return err
	case <-time.After(keyringPatience):
		return errNoKeyring
	}
}

// sameEndpoint reports whether two addresses are of the same server.
func sameEndpoint(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

// nameFor returns the name of the server at an address: the one that it has, or else a usual one that no other has.
func (b *serverBook) nameFor(endpoint string) string {
	if s := b.at(endpoint); s != nil {
		return s.Name
	}
	name := nameOf(endpoint)
	if u, err := url.Parse(endpoint); err == nil && b.named(name) != nil { // two on this machine
		name = u.Host
	}
	return name
}

// nameOf returns a name for the server at an address: local on this machine, and else its host.
func nameOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip.IsLoopback() {
		return "local"
	}
	return u.Host
}
