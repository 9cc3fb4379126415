package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newLogin() *cobra.Command {
	var (
		n       connection
		name    string
		browser bool
	)
	c := &cobra.Command{
		Use:   "login [ADDRESS]",
		Short: "Sign in to a server, and ask it from now on",
		Long: `Login asks for a token, tries it, and keeps it in the operating system's keyring, or, where there is none, in
a file that only you can read (GONFALON_KEYRING=off takes the file anyway). Other verbs then need neither
--endpoint nor --token. A script gives the token in GONFALON_TOKEN or on standard input. A token that is given to another
verb goes to the server that --endpoint or --server names, or else to the usual address: never to the one that login chose.

With --browser you need no token: where you are signed in to the dashboard, on the same machine, you confirm that
this command may act for you. It gets a token that may do what you may, until your session ends. Over ssh the browser
is on another machine: give a token, or, while this waits, forward the port that the address names, from there:
ssh -L PORT:127.0.0.1:PORT HOST.`,
		Example: "  gonfalon login https://flags.example.com --env production\n  gonfalon login https://flags.example.com --browser",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				n.endpoint = args[0]
			}
			if err := errors.Join(checkEndpoint(n.endpoint), checkName(name)); err != nil {
				return err
			}
			book, err := openServerBook()
			if err != nil {
				return err
			}
			if warning := inClear(n.endpoint); warning != "" {
				_ = say(c.ErrOrStderr(), "%s\n", warning) // the question is more important
			}
			switch {
			case browser && c.Flags().Changed("token"):
				return usagef("--browser and --token both say how to sign in: give one of them")
			case browser:
				n.token = ""
				if n.token, err = n.browserToken(c, loginPatience); err != nil {
					return err
				}
			case n.token == "":
				if n.token, err = askToken(c, n.endpoint); err != nil {
					return err
				}
			}
			client, err := n.dial()
			if err != nil {
				return err
			}
			session, err := client.Session(c.Context())
			if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusUnauthorized {
				return refusef("%s doesn't know this token; nothing was kept", n.endpoint)
			}
			if err != nil {
				return n.hinted(err)
			}
			s := knownServer{Name: name, Endpoint: strings.TrimRight(n.endpoint, "/"), CACert: n.ca}
			known := book.at(s.Endpoint)
			if s.Name == "" {
				s.Name = book.nameFor(s.Endpoint)
			}
			switch {
			case c.Flags().Changed("env"):
				s.Environment = n.env
			case known != nil && known.Name == s.Name && known.Environment != "" &&
				(len(session.Environments) == 0 || slices.Contains(session.Environments, known.Environment)):
				s.Environment = known.Environment
			case len(session.Environments) > 0:
				s.Environment = session.Environments[0]
			}
			where := s.keep(n.token)
			if where == "the file" {
				where = book.path
			}
			book.add(s)
			book.Current = s.Name
			if err := book.save(); err != nil {
				return err
			}
			until := ""
			if !session.Expires.IsZero() {
				until = ", until " + when(session.Expires)
			}
			return say(c.OutOrStdout(), "signed in to %s (%s) as %s, role %s, environments %s%s; the token is in %s\n",
				s.Name, s.Endpoint, session.Name, string(session.Role), environments(session.Environments), until, where)
		},
	}
	n.register(c)
	n.inEnvironment(c)
	c.Flags().BoolVar(&browser, "browser", false, "confirm in a browser where you are signed in to the dashboard, instead of giving a token")
	c.Flags().StringVar(&name, "name", "", "what to call the server (default: local, or its host)")
	return c
}

// askToken reads a token: on a terminal without showing it, and else a line of standard input.
func askToken(c *cobra.Command, endpoint string) (string, error) {
	if f, ok := c.InOrStdin().(*os.File); ok && onTerminal(c) {
		if err := say(c.ErrOrStderr(), "Token for %s (%s/tokens makes one): ", endpoint, strings.TrimRight(endpoint, "/")); err != nil {
			return "", err
		}
		return hidden(c.Context(), c, int(f.Fd()))
	}
	token := tokenOf(readLine(c.Context(), c))
	if strings.ContainsFunc(token, obeyed) {
		return "", usagef("what standard input has is no token: a token is a line of letters, digits and _")
	}
	if token != "" {
		return token, nil
	}
	return "", usagef("no token: give it in GONFALON_TOKEN or on standard input")
}

// hidden reads a line of a terminal without showing it. At Ctrl-C the terminal shows again what is typed, and nothing waits
// for the line: nothing can end the read of a terminal.
func hidden(ctx context.Context, c *cobra.Command, terminal int) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		typed <- line{text, err}
	}()
	defer fmt.Fprintln(c.ErrOrStderr())
	select {
	case l := <-typed:
		if token := tokenOf(string(l.text)); token != "" || l.err != nil {
			return token, l.err
		}
		return "", refusef("no token was given; nothing was kept")
	case <-ctx.Done():
		_ = term.Restore(terminal, before) // the process ends now
		return "", refusef("nothing was kept")
	}
}

// tokenOf is a token without what a terminal pastes around it.
func tokenOf(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\x1b[200~", "", "\x1b[201~", "").Replace(text))
}

func newLogout() *cobra.Command {
	return &cobra.Command{
		Use:     "logout [SERVER]",
		Short:   "Delete the token of a server, or of the current one",
		Example: "  gonfalon logout",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			book, err := openServerBook()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{book.Current}
			}
			if book.Current == "" && args[0] == "" {
				return refusef("there is no current server: gonfalon servers list")
			}
			return onServer(func(c *cobra.Command, book *serverBook, s *knownServer) error {
				if s.storedToken() == "" {
					return say(c.OutOrStdout(), "there is no token of %s here\n", s.Name)
				}
				s.forget()
				if err := book.save(); err != nil {
					return err
				}
				return say(c.OutOrStdout(), "the token of %s is deleted here; gonfalon tokens revoke ends it everywhere\n", s.Name)
			})(c, args)
		},
	}
}
