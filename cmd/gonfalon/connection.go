package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// connection says which control plane to ask, and how. Its settings are shared by every verb that asks one.
type connection struct {
	endpoint, token, env string
	server               string // one of the known ones
	timeout              time.Duration
	ca, cert, key        string
	inOne                bool // it is about one environment

	where []*pflag.Flag // that say where to ask

	command *cobra.Command // that asks; nil: nothing is told of waiting
}

func (n *connection) register(c *cobra.Command) {
	own := pflag.NewFlagSet("connection", pflag.ContinueOnError)
	own.StringVar(&n.endpoint, "endpoint", "http://127.0.0.1:8080", "the control plane's address")
	own.StringVar(&n.server, "server", "", "one of the servers that gonfalon login keeps (default the one that gonfalon servers use chose)")
	own.StringVar(&n.token, "token", "", "the API token; better given as GONFALON_TOKEN, since other users can see command lines")
	own.DurationVar(&n.timeout, "timeout", 30*time.Second, "how long to wait for each answer")
	own.StringVar(&n.ca, "ca-cert", "", "trust the certificates in this file instead of the system's")
	own.StringVar(&n.cert, "client-cert", "", "the certificate to show the server (mutual TLS)")
	own.StringVar(&n.key, "client-key", "", "the key of --client-cert")
	settings(own)
	annotate(own.Lookup("token"), isSecret, "")
	c.PersistentFlags().AddFlagSet(own)
	own.VisitAll(func(f *pflag.Flag) { n.where = append(n.where, f) })
}

// inEnvironment adds the flag of verbs that are about one environment.
func (n *connection) inEnvironment(c *cobra.Command) {
	c.PersistentFlags().StringVar(&n.env, "env", controlplane.DefaultEnvironment, "the environment")
	n.inOne = true
	f := c.PersistentFlags().Lookup("env")
	annotate(f, isSetting, "")
	n.where = append(n.where, f)
}

// given reports whether the command line, the environment or the file has an option.
func (n *connection) given(name string) bool {
	return slices.ContainsFunc(n.where, func(f *pflag.Flag) bool {
		return f.Name == name && (f.Changed || f.Annotations[origin] != nil)
	})
}

// choose fills in what one of the known servers has: the one that --server names, the one at the address that is given, or
// else the current one. A token is sent to the server that it was given for alone, so one that is given without an address
// goes to the usual one.
func (n *connection) choose() error {
	if n.server == "" && n.given("token") && !n.given("endpoint") {
		return nil
	}
	book, err := openServerBook()
	if err != nil {
		return err
	}
	var s *knownServer
	switch {
	case n.server != "" && n.given("endpoint"):
		return usagef("--server and --endpoint both say where to ask: give one of them")
	case n.server != "":
		if s = book.named(n.server); s == nil {
			return usagef("--server: there is no server %q%s", n.server, meant(n.server, book.names()))
		}
	case n.given("endpoint"):
		s = book.at(n.endpoint)
	default:
		s = book.named(book.Current)
	}
	if s == nil {
		return nil
	}
	n.endpoint = s.Endpoint
	if !n.given("token") {
		n.token = s.storedToken()
	}
	if !n.given("ca-cert") {
		n.ca = s.CACert
	}
	if !n.given("env") && s.Environment != "" {
		n.env = s.Environment
	}
	return nil
}

// open returns a client of the server that is chosen.
func (n *connection) open() (*apiclient.Client, error) {
	if err := n.choose(); err != nil {
		return nil, err
	}
	if n.env == "" && n.inOne {
		return nil, usagef("--env (GONFALON_ENV): it is empty: name an environment, or leave it out")
	}
	return n.dial()
}

// dial returns a client. The deadline is each request's own, so that a person may take time over a preview.
func (n *connection) dial() (*apiclient.Client, error) {
	if u, err := url.Parse(n.endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usagef("--endpoint: %q is not an address such as http://127.0.0.1:8080", n.endpoint)
	}
	if n.token == "" {
		return nil, usagef("no API token: gonfalon login %s, or set GONFALON_TOKEN (gonfalon serve prints one at its first start; gonfalon tokens create makes more)", n.endpoint)
	}
	if strings.ContainsFunc(n.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, usagef("--token (GONFALON_TOKEN): this is no token: a token is a line of letters, digits and _")
	}
	return n.client()
}

// client returns a client, without a token if there is none.
func (n *connection) client() (*apiclient.Client, error) {
	client := apiclient.New(n.endpoint, n.token)
	client.Agent = "gonfalon/" + version
	transport, err := n.transport()
	if err != nil {
		return nil, err
	}
	if n.command != nil {
		transport = waiting{transport, n.command}
	}
	client.HTTP = &http.Client{Transport: transport, Timeout: n.timeout}
	return client, nil
}

func (n *connection) transport() (http.RoundTripper, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	security, err := clientTLS(n.ca, n.cert, n.key)
	if err != nil {
		return nil, fmt.Errorf("--ca-cert, --client-cert and --client-key: %w", err)
	}
	t.TLSClientConfig = security
	return t, nil
}

// clientTLS trusts the authorities in a file, and shows a certificate; nil where neither is asked for.
func clientTLS(authorities, certificate, key string) (*tls.Config, error) {
	if authorities == "" && certificate == "" && key == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		pem, err := readFile(authorities)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("there is no certificate in %s", authorities)
		}
	}
	if certificate != "" || key != "" {
		certPEM, err := readFile(certificate)
		if err != nil {
			return nil, err
		}
		keyPEM, err := readFile(key)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certPEM, keyPEM)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// asking makes a command of what is to be done with a client.
func (n *connection) asking(do func(context.Context, *cobra.Command, *apiclient.Client, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		n.command = c
		client, err := n.open()
		if err != nil {
			return err
		}
		ctx := c.Context()
		return n.hinted(n.suggest(ctx, c, client, args, do(ctx, c, client, args)))
	}
}

// hinted adds to an error what to do about it, where that is not in what the server said, in the words of the command line.
func (n *connection) hinted(err error) error {
	var refused *apiclient.Error
	var unreachable *url.Error
	var unreadable *apiclient.UnreadableError
	var invalid *flagset.InvalidError // of a preview, which asks nobody
	if errors.As(err, &invalid) && n.command != nil {
		for i, p := range invalid.Problems {
			if from := typedFor(n.command, p.Pointer, p.Detail); from != "" {
				invalid.Problems[i].Pointer = from
			}
		}
	}
	if errors.As(err, &refused) {
		if n.command != nil {
			inOptions(n.command, refused.Errors)
		}
		hint := "write that first"
		if n.command != nil && n.command.Flag("allow-missing") != nil {
			hint += ", or give --allow-missing"
		}
		for i := range refused.Errors {
			if refused.Errors[i].Hint == flagset.MissingHint {
				refused.Errors[i].Hint = hint
			}
		}
	}
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		return fmt.Errorf("%w\nthe token is what --token or GONFALON_TOKEN says, or what gonfalon login keeps%s", err, n.passedOver())
	case errors.As(err, &refused) && refused.Status == http.StatusPreconditionFailed:
		return fmt.Errorf("%w\nlook at it again", err)
	case errors.Is(err, context.Canceled):
		return trouble{errors.New("interrupted")}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s did not answer within %s (--timeout)", n.endpoint, n.timeout)
	case errors.As(err, &unreadable):
		return troublef("what %s answers can't be read: %w\nis it a control plane, and is --endpoint (GONFALON_ENDPOINT) right?", n.endpoint, unreadable.Err)
	case errors.As(err, &unreachable):
		return fmt.Errorf("%s does not answer: %w\nis it running, and is --endpoint (GONFALON_ENDPOINT) right?%s", n.endpoint, unreachable.Err, n.passedOver())
	}
	return err
}

// passedOver says that the current server wasn't asked, to whoever gives a token without an address.
func (n *connection) passedOver() string {
	if n.server != "" || !n.given("token") || n.given("endpoint") {
		return ""
	}
	book, err := openServerBook()
	if err != nil || book.Current == "" {
		return ""
	}
	return fmt.Sprintf("\nthe token is given (--token, GONFALON_TOKEN) without an address, so %s isn't asked: add --server %[1]s, or leave the token out", book.Current)
}

// changeOptions are the options that every change takes.
type changeOptions struct {
	reason, ifMatch      string
	onBehalfOf           somebody
	allowMissing, dryRun bool
}

// somebody is the value of an option that names a person or a system. An empty one is refused: it is a variable that a
// script didn't set.
type somebody string

// Set takes a name.
func (s *somebody) Set(text string) error {
	if text == "" {
		return errors.New("it is empty: name somebody, or leave it out")
	}
	*s = somebody(text)
	return nil
}

func (s *somebody) String() string { return string(*s) }

// Type returns what help calls the value.
func (s *somebody) Type() string { return "string" }

func (w *changeOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&w.reason, "reason", "", "why, for the audit")
	f.Var(&w.onBehalfOf, "on-behalf-of", "for whom, for the audit; it takes a token that acts for others")
	annotate(f.Lookup("on-behalf-of"), isSetting, "")
	f.BoolVar(&w.dryRun, "dry-run", false, "check everything, and change nothing")
}

// versioned adds the flag of changes of what has a version.
func (w *changeOptions) versioned(c *cobra.Command) {
	c.Flags().StringVar(&w.ifMatch, "if-match", "", "refuse the change unless this is still the version")
}

// references adds the flag of changes that can name segments and parents.
func (w *changeOptions) references(c *cobra.Command) {
	c.Flags().BoolVar(&w.allowMissing, "allow-missing", false, "gates may name segments and parents that don't exist yet")
}

func (w *changeOptions) options() apiclient.WriteOptions {
	return apiclient.WriteOptions{Reason: w.reason, OnBehalfOf: string(w.onBehalfOf), IfMatch: w.ifMatch, AllowMissing: w.allowMissing, DryRun: w.dryRun}
}

// sayDone prints a sentence about what was done, or would be.
func (w *changeOptions) sayDone(c *cobra.Command, format string, args ...any) error {
	if w.dryRun {
		format = "dry run, nothing was written: " + format
	}
	return say(c.OutOrStdout(), format+"\n", args...)
}

// warn prints warnings of an answer.
func warn(c *cobra.Command, warnings []api.Problem) {
	for _, p := range warnings {
		_ = say(c.ErrOrStderr(), "warning: %s\n", p) // the answer is more important
	}
}

// warnOlder says that a newer control plane wrote parts of a document that this build can't show.
func warnOlder(c *cobra.Command, unknown []string) {
	if len(unknown) > 0 {
		_ = say(c.ErrOrStderr(), "warning: this gonfalon is older than the control plane and doesn't know %s; putting the document back would delete that\n",
			shortened(strings.Join(unknown, ", ")))
	}
}
