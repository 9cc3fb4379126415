package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"

	"github.com/spf13/cobra"
)

func newServers() *cobra.Command {
	c := &cobra.Command{
		Use:     "servers",
		Short:   "List and choose the servers that you work with",
		Example: "  gonfalon servers list",
	}
	c.AddCommand(newServersAdd(), newServersList(), newServersRemove(), newServersUse())
	return c
}

func newServersList() *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the servers that you have signed in to, or added",
		Example: "  gonfalon servers list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			book, err := openServerBook()
			if err != nil {
				return err
			}
			type shown struct {
				Name        string `json:"name"`
				Endpoint    string `json:"endpoint"`
				Environment string `json:"environment,omitempty"`
				Current     bool   `json:"current"`
			}
			list := []shown{}
			noun := noun{header: []string{"", "NAME", "ENDPOINT", "ENVIRONMENT"}, summary: "* is asked unless --server or --endpoint names another, or a token is given without them"}
			for _, s := range book.Servers {
				mark := ""
				if s.Name == book.Current {
					mark = "*"
				}
				list = append(list, shown{s.Name, s.Endpoint, s.Environment, mark != ""})
				noun.names = append(noun.names, s.Name)
				noun.rows = append(noun.rows, []string{mark, s.Name, s.Endpoint, s.Environment})
			}
			if len(list) == 0 {
				noun.summary = "none yet: gonfalon login ADDRESS"
			}
			noun.document = map[string]any{"servers": list}
			return o.print(c, noun)
		},
	}
	o.register(c)
	return c
}

func newServersUse() *cobra.Command {
	var env string
	c := &cobra.Command{
		Use:     "use SERVER",
		Short:   "Ask this server from now on",
		Example: "  gonfalon servers use production --env production",
		Args:    cobra.ExactArgs(1),
		RunE: onServer(func(c *cobra.Command, book *serverBook, s *knownServer) error {
			book.Current = s.Name
			if c.Flags().Changed("env") {
				s.Environment = env
			}
			if err := book.save(); err != nil {
				return err
			}
			return say(c.OutOrStdout(), "%s is asked from now on: %s%s\n", s.Name, s.Endpoint, inEnvironment(s.Environment))
		}),
	}
	c.Flags().StringVar(&env, "env", "", "the environment that verbs are about from now on")
	return c
}

func newServersAdd() *cobra.Command {
	var s knownServer
	c := &cobra.Command{
		Use:   "add NAME ENDPOINT",
		Short: "Remember a server, without signing in",
		Long: `Add remembers an address under a name. The token is then what --token or GONFALON_TOKEN says; login keeps
one too.`,
		Example: "  gonfalon servers add production https://flags.example.com --env production",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s.Name, s.Endpoint = args[0], args[1]
			if err := errors.Join(checkEndpoint(s.Endpoint), checkName(s.Name)); err != nil {
				return err
			}
			book, err := openServerBook()
			if err != nil {
				return err
			}
			if known := book.named(s.Name); known != nil && sameEndpoint(known.Endpoint, s.Endpoint) {
				s.Token = known.Token // of the same server
			}
			book.add(s)
			if err := book.save(); err != nil {
				return err
			}
			return say(c.OutOrStdout(), "%s is %s%s\n", s.Name, s.Endpoint, inEnvironment(s.Environment))
		},
	}
	c.Flags().StringVar(&s.Environment, "env", "", "the environment that verbs are about")
	c.Flags().StringVar(&s.CACert, "ca-cert", "", "trust the certificates in this file instead of the system's")
	return c
}

func newServersRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove SERVER",
		Short:   "Forget a server and its token",
		Example: "  gonfalon servers remove staging",
		Args:    cobra.ExactArgs(1),
		RunE: onServer(func(c *cobra.Command, book *serverBook, s *knownServer) error {
			name, rest := s.Name, ""
			if s.storedToken() != "" {
				rest = "; its token is good until somebody revokes it"
				s.forget()
			}
			book.remove(name)
			if err := book.save(); err != nil {
				return err
			}
			return say(c.OutOrStdout(), "%s is forgotten%s\n", name, rest)
		}),
	}
}

// onServer makes a command of what is to be done with the server that its argument names.
func onServer(do func(*cobra.Command, *serverBook, *knownServer) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		book, err := openServerBook()
		if err != nil {
			return err
		}
		s := book.named(args[0])
		if s == nil {
			return refusef("there is no server %q%s", args[0], meant(args[0], book.names()))
		}
		return do(c, book, s)
	}
}

func inEnvironment(env string) string {
	if env == "" {
		return ""
	}
	return ", environment " + env
}

// serverName is what a server may be called: neither a path nor a moment, which env:SERVER/ENVIRONMENT@WHEN has beside it.
var serverName = regexp.MustCompile(`^[\pL\pN_.:\[\]-]{1,100}$`)

// checkName refuses a name that can't be a server's. An empty one stands for the usual one.
func checkName(name string) error {
	if name != "" && !serverName.MatchString(name) {
		return usagef("%q is no name for a server: letters, digits and _ . : - are", name)
	}
	return nil
}

// checkEndpoint refuses what is no address of a server.
func checkEndpoint(endpoint string) error {
	if u, err := url.Parse(endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		if err == nil && u.User != nil {
			endpoint = u.Redacted()
		}
		return usagef("%q is not an address such as http://127.0.0.1:8080", endpoint)
	}
	return nil
}

// inClear says that a token would travel unencrypted, and "" if it wouldn't.
func inClear(endpoint string) string {
	u, err := url.Parse(endpoint)
	if ip := net.ParseIP(u.Hostname()); err != nil || u.Scheme == "https" || u.Hostname() == "localhost" || ip.IsLoopback() {
		return ""
	}
	return fmt.Sprintf("warning: %s isn't https, so the token travels unencrypted", endpoint)
}
