package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newDashboard() *cobra.Command {
	var (
		n    connection
		open bool
	)
	c := &cobra.Command{
		Use:   "dashboard",
		Short: "Make an address at which a browser signs in to the dashboard, once",
		Long: `Dashboard prints an address of the dashboard at which a browser is signed in as the token, without knowing it. The
address is good once, for ten minutes. Whoever opens it may do what the token may, until they sign out or twelve hours have
passed.`,
		Example: "  gonfalon dashboard --open",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			made, err := client.CreateSignIn(ctx)
			var refused *apiclient.Error
			if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
				return fmt.Errorf("the server has no dashboard: %w", err)
			}
			if err != nil {
				return err
			}
			address := strings.TrimSuffix(client.Endpoint, "/") + "/" + made.Address
			if err := say(c.OutOrStdout(), "%s\n", address); err != nil {
				return err
			}
			if !open {
				return nil
			}
			if err := openBrowser(ctx, address); err != nil {
				return say(c.ErrOrStderr(), "no browser could be opened (%s): open the address yourself\n", err)
			}
			return nil
		}),
	}
	n.register(c)
	c.Flags().BoolVar(&open, "open", false, "open it in a browser")
	return c
}

// browserTime is how long a browser may take to read the page that leads it to the address.
const browserTime = 10 * time.Second

// openBrowser opens an address in the user's browser. Other users can see command lines, and could spend the address
// first; so the browser gets the name of a page that only this user can read, and which leads to it.
func openBrowser(ctx context.Context, address string) error {
	dir, err := os.MkdirTemp("", "gonfalon-dashboard-") // which only this user can read
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	page := filepath.Join(dir, "open.html")
	text := `<!doctype html><meta charset="utf-8"><title>Gonfalon</title><meta name="referrer" content="no-referrer">` +
		`<meta http-equiv="refresh" content="0; url=` + html.EscapeString(address) + `">`
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		return err
	}
	command := append(browser(), page)
	if err := exec.CommandContext(ctx, command[0], command[1:]...).Run(); err != nil {
		return fmt.Errorf("%s: %w", command[0], err)
	}
	select {
	case <-time.After(browserTime):
	case <-ctx.Done():
	}
	return nil
}

// browser returns the command that opens a page in the user's browser.
func browser() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{"open"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	return []string{"xdg-open"}
}
