package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

const (
	importFlags   = 10_000
	importActors  = 5
	importRounds  = 25
	importChanged = 300 // flags, by each round
	importRest    = 30 * time.Second

	mostImportSeconds = 3.0 // of processor time, for the first import
	mostResident      = 150 << 20
	mostPeak          = 250 << 20
)

// imports imports many small flags, and then the same ones with a few changed, over and over. It measures the processor
// time of the first import, and how much memory the server holds some time after the last one, and held at most.
func imports(ctx context.Context, r *report) error {
	return withCommand(ctx, os.Stderr, func(c *command) error {
		before, err := c.processorSeconds()
		if err != nil {
			return err
		}
		if _, err := c.client.Import(ctx, "default", []byte(actorFlags(0)), api.Import{}, apiclient.WriteOptions{}); err != nil {
			return err
		}
		after, err := c.processorSeconds()
		if err != nil {
			return err
		}
		for round := 1; round <= importRounds; round++ {
			d, err := c.client.Import(ctx, "default", []byte(actorFlags(round)), api.Import{}, apiclient.WriteOptions{})
			if err != nil {
				return err
			}
			if len(d.Changes) != importChanged {
				return fmt.Errorf("round %d changed %d flags, want %d", round, len(d.Changes), importChanged)
			}
		}
		time.Sleep(importRest)
		resident, peak, err := c.resident()
		if err != nil {
			return err
		}
		name := fmt.Sprintf("controlplane/import of %d flags", importFlags)
		return errors.Join(
			r.put(result{Name: name + ", processor", P50: (after - before) * 1000, P99: mostImportSeconds * 1000, Checked: 1}),
			r.put(result{Name: name + ", then resident", Bytes: resident, Checked: importRounds}),
			r.put(result{Name: name + ", peak", Bytes: peak, Checked: importRounds}),
			atMost("seconds of processor time", after-before, mostImportSeconds),
			atMost("bytes resident", float64(resident), mostResident),
			atMost("bytes at the peak", float64(peak), mostPeak),
		)
	})
}

// command is gonfalon serve, as it is shipped.
type command struct {
	process *exec.Cmd
	client  *apiclient.Client
}

// withCommand builds the command, and runs a benchmark on it with an empty embedded etcd. Its log goes to log, which may be nil.
func withCommand(ctx context.Context, log io.Writer, do func(*command) error) error {
	dir, err := os.MkdirTemp("", "gonfalon-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "gonfalon")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/gonfalon").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	c := &command{process: exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(dir, "data"))}
	c.process.Env = append(os.Environ(), "GONFALON_ADMIN_TOKEN="+token, "GONFALON_LOG_LEVEL=warn")
	c.process.Stderr = log
	out, err := c.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.process.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for c.client == nil && lines.Scan() {
		if _, at, found := strings.Cut(lines.Text(), "API         "); found {
			at, _, _ = strings.Cut(at, "/v1 ")
			c.client = apiclient.New(at, token)
		}
	}
	if c.client == nil {
		return fmt.Errorf("the server did not start: %w", c.process.Wait())
	}
	err = do(c)
	_ = c.process.Process.Signal(os.Interrupt)
	for lines.Scan() {
	}
	return errors.Join(err, c.process.Wait())
}

func atMost(what string, is, most float64) error {
	if is > most {
		return fmt.Errorf("%.1f %s, more than %.1f", is, what, most)
	}
	return nil
}

// actorFlags returns the document of a round, which differs from the one before in some flags.
func actorFlags(round int) string {
	var b strings.Builder
	b.WriteString(`{"flags":[`)
	for i := range importFlags {
		version := round
		if i >= importChanged {
			version = 0
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"key":"flag%d","description":"version %d","gates":[`, i, version)
		for j := range importActors {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"type":"actor","target":"user:%d","enabled":true}`, 10*i+j+version)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

// processorSeconds returns how much processor time the server has used.
func (c *command) processorSeconds() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	const perSecond = 100 // USER_HZ
	return float64(user+system) / perSecond, nil
}

// resident returns how much memory the server holds, and the most that it has held.
func (c *command) resident() (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.process.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		for name, into := range map[string]*int64{"VmRSS:": &now, "VmHWM:": &peak} {
			if rest, found := strings.CutPrefix(line, name); found {
				if _, err := fmt.Sscan(rest, into); err != nil {
					return 0, 0, err
				}
				*into <<= 10
			}
		}
	}
	return now, peak, nil
}
