package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/version"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/manifest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	out       string
	toolchain string
	plain     bool
	report    bool
	tags      []string
	dir       string
	guest     string
}

func parse(args []string) (options, error) {
	var o options
	var tags string
	fs := flag.NewFlagSet("compile-wasm", flag.ContinueOnError)
	fs.StringVar(&o.out, "o", "", "write the module to this `file` (default: engine.wasm beside the manifest)")
	fs.StringVar(&o.toolchain, "toolchain", "subset", "subset: this compiler; go: the standard toolchain, as fallback and oracle")
	fs.BoolVar(&o.plain, "O0", false, "without any optimisation")
	fs.BoolVar(&o.report, "report", false, "list every function of the module with its size and place")
	fs.StringVar(&o.dir, "C", "", "compile the sources below this `directory`, such as another commit's")
	fs.StringVar(&tags, "tags", "", "further build tags, separated by commas")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if o.toolchain != "subset" && o.toolchain != "go" {
		return o, fmt.Errorf("-toolchain %s: want subset or go", o.toolchain)
	}
	if fs.NArg() > 1 {
		return o, fmt.Errorf("one package at a time, not %q", fs.Args())
	}
	if tags != "" {
		o.tags = strings.Split(tags, ",")
	}
	o.guest = "./wasm/guest"
	if fs.NArg() == 1 {
		o.guest = fs.Arg(0)
	}
	return o, o.directory()
}

// directory makes the package an argument that the go command takes for a
// directory. Nothing else will do, since the manifest is found from there.
func (o *options) directory() error {
	if !filepath.IsAbs(o.guest) {
		o.guest = "." + string(filepath.Separator) + filepath.Clean(o.guest)
	}
	if info, err := os.Stat(o.place()); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no directory: name the guest by its own, as ./wasm/guest", o.place())
	}
	return nil
}

// place is the guest's directory, seen from where the command was started.
func (o *options) place() string {
	if filepath.IsAbs(o.guest) {
		return o.guest
	}
	return filepath.Join(o.dir, o.guest)
}

// errNoPlace: only the module that hosts take has a place of its own.
var errNoPlace = errors.New("say where the module goes: -o FILE (only the optimised module of a guest with a manifest goes somewhere without)")

func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.toolchain == "go" {
		return standard(ctx, o, stdout)
	}
	dir := filepath.Join(o.place(), "..")
	file := filepath.Join(dir, "manifest.json")
	m, err := manifest.Read(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if o.out == "" && (m == nil || o.plain) {
		return errNoPlace
	}
	cfg := build.Config{Load: load.Config{Dir: o.dir, Pattern: o.guest, Tags: o.tags}, Optimise: !o.plain, Default: build.Keep}
	if m != nil {
		cfg.Default, cfg.Allocation = build.None, m.Allocation()
	}
	res, err := build.Build(ctx, cfg)
	if err != nil {
		return err
	}
	built := manifest.Measure(res.Module, runtime.Version())
	if o.report {
		report(stdout, res)
	}
	fmt.Fprintf(stdout, "%d bytes, %d gzipped, SHA-256 %s\n", built.Raw, built.Gzip, built.SHA256)
	if m != nil {
		if len(m.Verified.Go) > 0 && !slices.Contains(m.Verified.Go, version.Lang(runtime.Version())) {
			fmt.Fprintf(stdout, "this is %s; the module was verified with %s\n", runtime.Version(), strings.Join(m.Verified.Go, ", "))
		}
		if o.plain {
			m.Budget = manifest.Size{Raw: 1 << 20, Gzip: 1 << 20} // the budget is for what is shipped
		}
		if err := m.Check(ctx, res.Module); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if o.out != "" {
		return manifest.Replace(o.out, res.Module)
	}
	if err := manifest.Replace(filepath.Join(dir, "engine.wasm"), res.Module); err != nil {
		return err
	}
	if built.Same(m.Built) {
		return nil // whichever Go made them, the record of these bytes stays
	}
	m.Built = built
	return m.Write(file)
}

// report lists the functions, largest first.
func report(stdout io.Writer, res *build.Result) {
	list := slices.Clone(res.Functions)
	slices.SortStableFunc(list, func(a, b build.Function) int { return b.Size - a.Size })
	total := 0
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	for _, f := range list {
		total += f.Size
		size := fmt.Sprint(f.Size)
		if f.Size == 0 {
			size = "inlined"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", size, load.Short(f.Name), f.Pos)
	}
	w.Flush()
	fmt.Fprintf(stdout, "%d functions, %d bytes of code, %d of data\n", len(list), total, res.DataSize)
}

// standard builds the guest with Go's own compiler.
func standard(ctx context.Context, o options, stdout io.Writer) error {
	if o.out == "" {
		return errNoPlace
	}
	var err error
	if o.out, err = filepath.Abs(o.out); err != nil {
		return err
	}
	tags := strings.Join(append([]string{load.ModuleTag}, o.tags...), ",")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-tags="+tags, "-o", o.out, o.guest)
	cmd.Dir = o.dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, b)
	}
	bin, err := os.ReadFile(o.out)
	if err != nil {
		return err
	}
	built := manifest.Measure(bin, runtime.Version())
	fmt.Fprintf(stdout, "%d bytes, %d gzipped, SHA-256 %s\n", built.Raw, built.Gzip, built.SHA256)
	return nil
}
