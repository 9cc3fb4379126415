// Command oracle answers rounds from standard input on standard output. Built
// for 386 it is the engine as a 32-bit program has it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/differential"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	native := new(differential.Native)
	for {
		round, err := differential.ReadRound(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answers, err := native.Run(round)
		if err != nil {
			return err
		}
		if err := differential.WriteAnswers(out, answers); err != nil {
			return err
		}
	}
}
