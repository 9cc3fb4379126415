package programs

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/randflow"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/reduce"
)

// Difference is that a program behaves otherwise in some way than natively.
type Difference struct {
	Program Program
	Way     Way
	Input   int // the number of the first input that shows it
	What    string
	err     error // the program doesn't compile
}

func (d *Difference) String() string {
	return fmt.Sprintf("seed %d, input %d, %s: %s", d.Program.Seed, d.Input, d.Way, d.What)
}

// Difference compares all ways with what programs answer natively. It returns the
// first difference, or nil.
func (b *Batch) Difference(ctx context.Context, want []string) *Difference {
	built := map[[2]bool][]byte{}
	for _, w := range Ways {
		key := [2]bool{w.Optimise, w.Claims}
		if built[key] == nil {
			bin, err := b.Module(ctx, w)
			if err != nil {
				return b.uncompiled(ctx, w, err)
			}
			built[key] = bin
		}
		if d := b.compare(ctx, built[key], w, want); d != nil {
			return d
		}
	}
	return nil
}

// compare compares one way.
func (b *Batch) compare(ctx context.Context, bin []byte, w Way, want []string) *Difference {
	got, err := b.Run(ctx, bin, w)
	if err != nil {
		return &Difference{Program: b.Programs[0], Way: w, What: err.Error(), err: err}
	}
	for i, x := range got {
		if x != want[i] {
			return &Difference{Program: b.Programs[i/len(b.Inputs)], Way: w, Input: b.Inputs[i%len(b.Inputs)], What: fmt.Sprintf("%s, Go says %s", x, want[i])}
		}
	}
	return nil
}

// uncompiled finds the program that doesn't compile.
func (b *Batch) uncompiled(ctx context.Context, w Way, err error) *Difference {
	for _, p := range b.Programs {
		if _, err := compileAlone(ctx, p, w); err != nil {
			return &Difference{Program: p, Way: w, What: err.Error(), err: err}
		}
	}
	return &Difference{Program: b.Programs[0], Way: w, What: "together with others: " + err.Error(), err: err}
}

func compileAlone(ctx context.Context, p Program, w Way) ([]byte, error) {
	b, err := alone(p, nil)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.Dir)
	return b.Module(ctx, w)
}

// alone is a batch of one program, in a new directory.
func alone(p Program, numbers []int) (*Batch, error) {
	dir, err := os.MkdirTemp("", "program")
	if err != nil {
		return nil, err
	}
	return Write(dir, []Program{p}, numbers)
}

// Reduce returns the smallest source that still differs in the same way, found
// within a time. It is run with the one input that shows the difference if that is
// enough: what a call leaves behind is not always the same in the module, which
// takes all memory back.
func (d *Difference) Reduce(ctx context.Context, patience time.Duration) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	numbers := []int{d.Input}
	if !d.holds(ctx, d.Program.Source, numbers) {
		numbers = all()
	}
	r := &reduce.Reducer{
		Rest:  []string{randflow.Shared, shared, native([]Program{d.Program}, numbers)},
		Holds: func(source string) bool { return d.holds(ctx, source, numbers) },
	}
	return r.File(ctx, d.Program.Source)
}

// holds reports whether a source differs as d does.
func (d *Difference) holds(ctx context.Context, source string, numbers []int) bool {
	const most = 10 * time.Second // a smaller program may never end
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	p := d.Program
	p.Source = source
	if d.err != nil {
		_, err := compileAlone(ctx, p, d.Way)
		return err != nil && ctx.Err() == nil && kind(err) == kind(d.err)
	}
	b, err := alone(p, numbers)
	if err != nil {
		return false
	}
	defer os.RemoveAll(b.Dir)
	want, err := b.Native(ctx)
	if err != nil {
		return false
	}
	bin, err := b.Module(ctx, d.Way)
	if err != nil {
		return false
	}
	found := b.compare(ctx, bin, d.Way, want)
	return found != nil && found.err == nil
}

var places = regexp.MustCompile(`[\w./]*\d[\w:.]*`)

// kind is an error's text without places and numbers.
func kind(err error) string { return places.ReplaceAllString(err.Error(), "") }
