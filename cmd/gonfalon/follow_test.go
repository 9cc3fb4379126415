package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/migrate/elixir/elixirtest"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

func TestFollow(t *testing.T) {
	s := serve(t, "--in-memory", "--seed=false")
	old := elixirtest.At(t, filepath.Join(t.TempDir(), "app.db"), reference.Bandera, "bandera_flags")
	for _, name := range []string{"a", "b", "c", "d"} {
		old.Row(name, "boolean", "_bandera_none", false, "")
	}
	old.Row("bandera_segment:pro", "rule", "_bandera_none", true, `[{"attribute":"plan","operator":"eq","values":["pro"]}]`)
	from := []string{"bandera", "--from", old.Address}
	follow := append([]string{"follow"}, from...)
	s.run(append(follow, "--once")...).has(t, 1, "nothing was imported from Bandera into default yet")
	s.run(append(append([]string{"import"}, from...), "--yes", "--reason", "the Tuesday")...).must(t)
	s.run(append(follow, "--once")...).has(t, 0, "0 changes: default is like that already")

	// A change there comes over, beside what people add here.
	s.run("flags", "kill", "a", "--reason", "trouble").must(t)
	old.Exec("UPDATE bandera_flags SET enabled = 1 WHERE flag_name IN ('a', 'b')")
	old.Row("new", "group", "staff", true, "")
	s.run(append(follow, "--dry-run")...).has(t, 0, "flag/a, flag/b, flag/new", "nothing was written")
	s.run(append(follow, "--once")...).has(t, 0, "flag/a, flag/b, flag/new", "3 changes, revision")
	s.run("flags", "get", "a").has(t, 0, "killed")
	s.run("audit", "--limit", "1").has(t, 0, "import from Bandera at sqlite:")
	s.run(append(follow, "--once")...).has(t, 0, "0 changes")

	// A change here stays, also for another machine, which knows nothing but the audit.
	s.run("flags", "enable", "c", "--group", "staff").must(t)
	s.run(append(follow, "--once")...).has(t, 0, "0 changes")
	old.Exec("UPDATE bandera_flags SET enabled = 1 WHERE flag_name = 'c'")
	s.run(append(follow, "--once")...).has(t, 1, "conflict: flag/c: it was changed on both sides")
	s.run("flags", "get", "c").has(t, 0, "target: staff")
	s.run(append(append([]string{"import"}, from...), "--yes", "--only", "c")...).has(t, 0, "- group/staff on")
	s.run(append(follow, "--once")...).has(t, 0, "0 changes")

	// A flag that is deleted there is off here.
	s.run("flags", "enable", "b", "--actor", "x").must(t)
	old.Exec("DELETE FROM bandera_flags WHERE flag_name IN ('b', 'c', 'bandera_segment:pro')")
	s.run(append(follow, "--once")...).has(t, 1, "flag/b: it was deleted there, and changed here", "segment/pro: it was deleted there", "flag/c\n")
	s.run("flags", "get", "c").has(t, 0, "off: no gate is on")
	s.run(append(follow, "--interval", "0s")...).has(t, 2, "--interval")
	s.stop()
}

// Another name that an import gave, and a choice of flags, hold for following too.
func TestFollowOtherNames(t *testing.T) {
	s := serve(t, "--in-memory", "--seed=false")
	old := elixirtest.At(t, filepath.Join(t.TempDir(), "app.db"), reference.FunWithFlags, "fun_with_flags_toggles")
	for _, name := range []string{"odd/name", "plain", "other"} {
		old.Row(name, "boolean", "_fwf_none", true, "")
	}
	from := []string{"fun_with_flags", "--from", old.Address}
	follow := append(append([]string{"follow"}, from...), "--once")
	s.run(append(append([]string{"import"}, from...), "--yes", "--rename", "odd/name=odd_name", "--rename", "plain=new", "--only", "odd_name,new", "--reason", `a {"b": 1}`)...).must(t)
	s.run(append(follow, "--only", "odd_name,new")...).has(t, 0, "0 changes")
	old.Exec("UPDATE fun_with_flags_toggles SET enabled = 0 WHERE flag_name = 'odd/name'")
	s.run(append(follow, "--only", "odd_name,new")...).has(t, 0, "flag/odd_name\n1 change")
	s.run("flags", "get", "new").has(t, 0, "# on")
	s.run("flags", "get", "other").has(t, 1)
	s.run(follow...).has(t, 0, "flag/other\n1 change")
	old.Exec("DELETE FROM fun_with_flags_toggles WHERE flag_name IN ('plain', 'other')")
	s.run(append(follow, "--only", "odd_name,new")...).has(t, 0, "flag/new\n1 change")
	s.run("flags", "get", "other").has(t, 0, "# on")
	s.run("flags", "get", "new").has(t, 0, "# off")
	s.run("flags", "enable", "new").must(t)
	old.Exec("DELETE FROM fun_with_flags_toggles") // an accident, most likely
	s.run(follow...).has(t, 1, "has no flags any more", "nothing is carried")
	s.run("flags", "get", "other").has(t, 0, "# on")
	s.stop()
}

// It goes on until somebody says stop, and Redis hastens it.
func TestFollowHastenedByRedis(t *testing.T) {
	s := serve(t, "--in-memory", "--seed=false")
	old := elixirtest.Open(t, "redis", reference.FunWithFlags, "")
	old.Field("a", "boolean", "false")
	t.Setenv("OLD", old.Address)
	from := []string{"fun_with_flags", "--from-env", "OLD", "--prefix", old.Options.Prefix, "--endpoint", s.url, "--token", s.adminToken}
	gonfalon(t, append(append([]string{"import"}, from...), "--yes")...).must(t)
	ctx, stop := context.WithCancel(t.Context())
	var out, errs journal
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append(append([]string{"follow"}, from...), "--interval", "1h"), strings.NewReader(""), &out, &errs)
	}()
	old.Field("a", "boolean", "true")
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "flag/a\n1 change, revision"); {
		if time.Now().After(deadline) {
			t.Fatalf("out %s errors %s", out.String(), errs.String())
		}
		if err := old.Redis.Publish(t.Context(), "fun_with_flags_changes", "0123456789abcdef:a").Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit status %d, %s", code, errs.String())
	}
	s.stop()
}
