package main

import (
	"errors"
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
		return err
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

func isZero(text string) bool { return text == "0" || text == "0s" }

// numbers makes numbers of a command's options that take some.
func numbers(c *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			switch f.Value.Type() {
			case "int", "int64", "float64", "duration":
				f.Value = number{f.Value, isZero(f.DefValue)}
			}
		})
	}
}
