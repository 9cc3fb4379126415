//go:build hosts

package accessors

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryLanguage compiles the file of each language with its SDK, which must be built, and compares what a program gets
// by it.
func TestEveryLanguage(t *testing.T) {
	flags := snapshotFile(t)
	sdks, err := filepath.Abs("../../hostsdk")
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("typescript", func(t *testing.T) {
		dir := t.TempDir()
		copied(t, filepath.Join(here, "typescript"), dir)
		if err := os.MkdirAll(filepath.Join(dir, "node_modules", "@gonfalon"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(sdks, "js"), filepath.Join(dir, "node_modules", "@gonfalon", "sdk")); err != nil {
			t.Fatal(err)
		}
		types := filepath.Join(sdks, "js", "node_modules", "@types")
		compile := []string{filepath.Join(sdks, "js", "node_modules", ".bin", "tsc"), "--strict", "--noUnusedLocals", "--module", "nodenext", "--target", "es2022",
			"--typeRoots", types, "--types", "node", "main.mts"}
		run(t, dir, compile...)
		prints(t, dir, "node", "main.mjs", flags)
		misspell(t, filepath.Join(dir, "main.mts"), "classFlag", "clasFlag")
		fails(t, dir, "clasFlag", compile...)
	})
	t.Run("python", func(t *testing.T) {
		python := filepath.Join(sdks, "python", ".venv", "bin", "python")
		dir := t.TempDir()
		copied(t, filepath.Join(here, "python"), dir)
		run(t, dir, python, "-m", "mypy", "--strict", "--no-incremental", "main.py")
		prints(t, dir, python, "main.py", flags)
		misspell(t, filepath.Join(dir, "main.py"), "flags.class_flag", "flags.clas_flag")
		fails(t, dir, "clas_flag", python, "-m", "mypy", "--no-incremental", "main.py")
	})
	t.Run("java", func(t *testing.T) {
		jar := strings.TrimSpace(run(t, ".", filepath.Join(sdks, "java", "jar.sh")))
		dir := t.TempDir()
		copied(t, filepath.Join(here, "java"), dir)
		compile := []string{"javac", "--release", "11", "-Xlint:all", "-Werror", "-encoding", "UTF-8", "-cp", jar, "FeatureFlags.java", "Main.java"}
		run(t, dir, compile...)
		prints(t, dir, "java", "-cp", jar+":.", "Main", flags)
		misspell(t, filepath.Join(dir, "Main.java"), "FeatureFlags.classFlag", "FeatureFlags.clasFlag")
		fails(t, dir, "clasFlag", compile...)
	})
	t.Run("elixir", func(t *testing.T) {
		dir := t.TempDir()
		copied(t, filepath.Join(here, "elixir"), dir)
		sdk := filepath.Join(sdks, "elixir")
		run(t, sdk, "env", "MIX_ENV=prod", "mix", "compile")
		beams := filepath.Join(sdk, "_build", "prod", "lib", "gonfalon", "ebin")
		run(t, dir, "elixirc", "-pa", beams, "--warnings-as-errors", "flags.ex", "program.ex")
		prints(t, dir, "elixir", "-pa", beams, "-pa", ".", "-e", "Program.run()", "--", flags)
		misspell(t, filepath.Join(dir, "program.ex"), "FeatureFlags.class?", "FeatureFlags.clas?")
		fails(t, dir, "clas?", "elixirc", "-pa", beams, "-pa", ".", "--warnings-as-errors", "program.ex")
	})
}

// copied copies the files of a folder.
func copied(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func misspell(t *testing.T, path, right, wrong string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), right) {
		t.Fatalf("%s has no %s: %v", path, right, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), right, wrong)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fails runs a command that must fail, and say this.
func fails(t *testing.T, dir, want string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	c.Dir = dir
	if said, err := c.CombinedOutput(); err == nil || !strings.Contains(string(said), want) {
		t.Errorf("%s: %v, without %q: %s", strings.Join(args, " "), err, want, said)
	}
}
