package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// number is the value of an option that takes a number or a length of time. It refuses what makes sense nowhere: less
// than 0, what isn't finite, and 0 where that isn't the default. There, packages take 0 for their own default.
type number struct {
	pflag.Value
	orZero bool
}

// Set takes the text of a number that makes sense.
func (n number) Set(text string) error {
	if err := n.Value.Set(text); err != nil {
		kind := "a whole number"
		switch n.Type() {
		case "duration":
			kind = "a length of time such as 30s, 5m or 2h"
		case "float64":
			kind = "a number such as 0.25"
		}
		if errors.Is(err, strconv.ErrRange) {
			return errors.New("it is too large, or too small")
		}
		return errors.New("it is not " + kind)
	}
	switch set := n.String(); {
	case set == "+Inf" || set == "NaN":
		return errors.New("it must be finite")
	case n.orZero && strings.HasPrefix(set, "-"):
		return errors.New("it must be 0 or more")
	case !n.orZero && (strings.HasPrefix(set, "-") || isZero(set)):
		return errors.New("it must be more than 0")
	}
	return nil
}

// boolean is the value of an option that is given or not.
type boolean struct{ pflag.Value }

// Set takes true or false, as strconv.ParseBool reads them.
func (b boolean) Set(text string) error {
	if b.Value.Set(text) != nil {
		return errors.New("it is true or false")
	}
	return nil
}

func isZero(text string) bool { return text == "0" || text == "0s" }

// numbers checks the numbers that a command's options take, and whether they are given, in the words of the command line.
func numbers(c *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			switch f.Value.Type() {
			case "int", "int64", "uint64", "float64", "duration":
				f.Value = number{f.Value, isZero(f.DefValue)}
			case "bool":
				f.Value = boolean{f.Value}
			}
		})
	}
}
