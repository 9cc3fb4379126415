package elixir

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// Options say how a store is read.
type Options struct {
	Timeout time.Duration // for each answer of the store; 0 for 30 s
	Table   string        // of SQL, with a schema or without; "" for the library's usual one
	Prefix  string        // before every key of Redis, which neither library sets itself
}

// Addresses tells what Open takes.
const Addresses = "redis://, rediss://, postgres://, mysql:// or sqlite:FILE"

// Open opens a store of a library by its address. Nothing is asked of it yet.
func Open(library reference.Library, address string, o Options) (migrate.Source, error) {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Table == "" {
		o.Table = library.Table()
	}
	if file, isFile := strings.CutPrefix(address, "sqlite:"); isFile {
		return openSQLite(library, file, o)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address can't be read: a password needs %XX for characters such as / : @ ? #") // the error would show it
	}
	s := secret{u}
	switch u.Scheme {
	case "redis", "rediss":
		return openRedis(library, s, o)
	case "postgres", "postgresql":
		return openPostgres(library, s, o)
	case "mysql", "mariadb":
		return openMySQL(library, s, o)
	}
	return nil, fmt.Errorf("%q is no address of a store: it begins with %s", s, Addresses)
}

// secret is an address that has a password.
type secret struct{ *url.URL }

// String returns the address without what may be secret.
func (s secret) String() string {
	shown := url.URL{Scheme: s.Scheme, Host: s.Host, Path: s.Path}
	if name := s.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// HasPassword reports whether an address has a password, which others can see on a command line.
func HasPassword(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(secret{u}.words()) > 0
}

// words returns the parts that nobody may see.
func (s secret) words() []string {
	var words []string
	if password, has := s.User.Password(); has && password != "" {
		words = append(words, password, url.QueryEscape(password), url.PathEscape(password))
	}
	for name, values := range s.Query() {
		if strings.Contains(strings.ToLower(name), "pass") {
			words = append(words, values...)
		}
	}
	return slices.DeleteFunc(words, func(word string) bool { return word == "" })
}

// hide returns an error without the password, should a driver have put it in.
func (s secret) hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, word := range s.words() {
		text = strings.ReplaceAll(text, word, "xxxxx")
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
