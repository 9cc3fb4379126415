package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

const (
	connections = 16
	rounds      = 7
	round       = 1500 * time.Millisecond
	ofrepGoal   = 0.6 // of the empty handler's rate
)

const ofrepFlags = `
flags:
  - key: checkout
    gates:
      - {type: group, target: staff, enabled: false}
      - {type: rule, constraints: [{attribute: plan, operator: in, values: [pro, team]}]}
      - {type: percentage_of_actors, ratio: 0.25}
`

const ofrepBody = `{"context":{"targetingKey":"user:3","plan":"pro","country":"NL","age":41,"beta":true}}`

const ofrepAnswer = bareAnswer

// ofrep puts load on the evaluation and on the empty handler in turns.
func ofrep(ctx context.Context, r *report) error {
	return withChild(ctx, func(c *child) error {
		if _, err := c.client.Import(ctx, "default", []byte(ofrepFlags), api.Import{}, apiclient.WriteOptions{}); err != nil {
			return err
		}
		var rates, bareRates, ratios []float64
		var times, bareTimes []time.Duration
		for i := range rounds + 1 {
			bareTook, err := load(c.Bare, bareAnswer)
			if err != nil {
				return fmt.Errorf("the bare handler: %w", err)
			}
			took, err := load(c.API, ofrepAnswer)
			if err != nil {
				return err
			}
			if i == 0 {
				continue // the first round warms up both
			}
			rate, bareRate := float64(len(took))/round.Seconds(), float64(len(bareTook))/round.Seconds()
			rates, bareRates, ratios = append(rates, rate), append(bareRates, bareRate), append(ratios, rate/bareRate)
			times, bareTimes = append(times, took...), append(bareTimes, bareTook...)
		}
		return r.put(result{
			Name: "controlplane/ofrep single", PerSecond: median(rates), ReferencePerSecond: median(bareRates), Ratio: median(ratios), Goal: ofrepGoal,
			P50: percentile(times, .5), P99: percentile(times, .99), ReferenceP99: percentile(bareTimes, .99), Checked: len(times) + len(bareTimes),
		})
	})
}

// load sends the same request over and over on several connections, each of which waits for its answer. It returns how
// long each request took. It writes and reads plain bytes: a client that costs as much as the server would hide the
// server.
func load(address, want string) ([]time.Duration, error) {
	request := []byte("POST /ofrep/v1/evaluate/flags/checkout HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(ofrepBody)) + "\r\n\r\n" + ofrepBody)
	times := make([][]time.Duration, connections)
	failed := make([]error, connections)
	var all sync.WaitGroup
	until := time.Now().Add(round)
	for i := range connections {
		all.Go(func() { times[i], failed[i] = loadOne(address, request, []byte(want), until) })
	}
	all.Wait()
	var joined []time.Duration
	for _, t := range times {
		joined = append(joined, t...)
	}
	return joined, errors.Join(failed...)
}

func loadOne(address string, request, want []byte, until time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	var times []time.Duration
	body := make([]byte, len(want))
	for start := time.Now(); start.Before(until); {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		length := -1
		for first := true; ; first = false {
			line, err := reader.ReadSlice('\n')
			if err != nil {
				return nil, err
			}
			if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
				return nil, fmt.Errorf("answered %s", strings.TrimSpace(string(line)))
			}
			if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
			}
			if len(line) <= 2 {
				break
			}
		}
		if length != len(want) {
			return nil, fmt.Errorf("an answer of %d bytes, want %d", length, len(want))
		}
		if _, err := io.ReadFull(reader, body); err != nil {
			return nil, err
		}
		if !bytes.Equal(body, want) {
			return nil, fmt.Errorf("wrong answer %s, want %s", body, want)
		}
		now := time.Now()
		times = append(times, now.Sub(start))
		start = now
	}
	return times, nil
}
