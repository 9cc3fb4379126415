package gonfalon

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	endpointURL = regexp.MustCompile(`^(?i:https?)://([^/?#]*)[^?#]*`)
	authority   = regexp.MustCompile(`^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:.*)?$`)
	port        = regexp.MustCompile(`^:[0-9]{1,5}$`)
)

// checkEndpoint returns an error if a text can't be the address of a server. The words are every SDK's, and don't repeat the
// address, since it may have a secret in it. The cases are in hostsdk/testdata/endpoints.json.
func checkEndpoint(endpoint string) error {
	if strings.ContainsFunc(endpoint, func(r rune) bool { return r < '!' || r > '~' || r == '\\' }) {
		return errors.New("the endpoint has a character that no URL has")
	}
	url := endpointURL.FindStringSubmatch(endpoint)
	if url == nil {
		return errors.New("the endpoint is not an http or https URL")
	}
	if strings.Contains(url[1], "@") {
		return errors.New("the endpoint has a user in it")
	}
	if url[0] != endpoint {
		return errors.New("the endpoint has a query or a fragment")
	}
	parts := authority.FindStringSubmatch(url[1])
	if parts == nil {
		return errors.New("the endpoint has no host")
	}
	if given := parts[1]; given != "" {
		if n, _ := strconv.Atoi(given[1:]); !port.MatchString(given) || n < 1 || n > 65535 {
			return errors.New("the endpoint has a port that is not in 1 to 65535")
		}
	}
	return nil
}

// checkEnvironment returns an error if an environment's key would lead a request to another path. What else is no key is escaped.
func checkEnvironment(key string) error {
	if key == "." || key == ".." {
		return fmt.Errorf("no environment has the key %q", key)
	}
	return nil
}
