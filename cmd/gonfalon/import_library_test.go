package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/gonfalon-flags/gonfalon/migrate/elixir/elixirtest"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// toggles is the address of a SQLite file with a table of toggles, in which both libraries read a flag of this name.
func toggles(t *testing.T, flag string) string {
	t.Helper()
	s := elixirtest.At(t, filepath.Join(t.TempDir(), "app.db"), reference.FunWithFlags, "toggles")
	s.Row(flag, "boolean", "_fwf_none", true, "")
	return s.Address
}

func TestImportFromALibrary(t *testing.T) {
	s := serve(t, "--in-memory", "--seed=false")
	old := elixirtest.At(t, filepath.Join(t.TempDir(), "app.db"), reference.Bandera, "bandera_flags")
	old.Row("checkout", "percentage", "actors/0.5", true, "")
	old.Row("checkout", "group", "staff", true, "")
	old.Row("checkout", "group", "banned", false, "")
	old.Row("colours", "variant", "_bandera_none", true, `{"red":1,"blue":1}`)
	old.Row("odd/name", "percentage", "actors/0.5", true, "")
	old.Row("now_and_then", "percentage", "time/0.25", true, "")
	old.Row("mail", "rule", "_bandera_none", true, `[{"attribute":"mail","operator":"matches","values":["@acme\\.com$"]}]`)
	old.Row("late", "schedule", "_bandera_none", true, `{"from":"tomorrow","until":null}`)
	t.Setenv("OLD_STORE", old.Address)
	from := []string{"import", "bandera", "--from-env", "OLD_STORE"}
	s.run(append(from, "--dry-run")...).has(t, 0, "6 flags, 0 segments, 8 gates", "flag odd/name: left out: its name can't be a key", "it has a slash",
		"odd/name is no key: as odd_name it would move", "of 10,000 actors", `carried as "@acme\\.com\\n?\\z"`, "flag late (schedule): same: from is \"tomorrow\"",
		"create flag checkout", "to default, nothing was written")
	gonfalonWith(t, "n\n", append(from, "--endpoint", s.url, "--token", s.adminToken)...).has(t, 1, "Write it to default at "+s.url+"? [y/N]", "nothing was written")
	s.run(append(from, "--yes", "--verify")...).has(t, 0, "verified: 0 of 10,000 actors get other answers", "about 5 flags", "revision 2 of default")
	s.run(append(from, "--yes")...).has(t, 0, "0 changes: default is like that already")
	s.run("audit").has(t, 0, "import from Bandera at sqlite:")
	s.run("envs", "list").has(t, 0, "allow_wins")
	s.run("flags", "get", "checkout").has(t, 0, "ratio: 0.5", "target: banned")
	s.run("flags", "get", "odd_name").has(t, 1, "there is no flag")

	// What people add here stays, and what they kill is told.
	s.run("flags", "kill", "checkout", "--reason", "trouble").must(t)
	s.run(append(from, "--yes")...).has(t, 0, "0 changes")
	s.run(append(from, "--yes", "--verify", "--actors", "100")...).has(t, 1, "checkout for", "here by KILLED", "of 100 actors get other answers")
	s.run("flags", "revive", "checkout").must(t)
	actors := file(t, "actors.jsonl", "user:1\n{\"actor\": 7, \"groups\": [\"staff\", \"banned\"], \"attributes\": {\"mail\": \"a@acme.com\\n\"}}\n")
	s.run(append(from, "--verify", "--actors", actors, "--dry-run")...).has(t, 0, "verified: 0 of 2 actors get other answers")
	s.run(append(from, "--verify", "--actors", file(t, "none.txt", "\n"), "--dry-run")...).has(t, 2, "there is no actor in")
	s.run(append(from, "--verify", "--actors", "0", "--dry-run")...).has(t, 2, "verify nothing")
	s.run(append(from, "--verify", "--actors", file(t, "bad.jsonl", "user:1\n{\"id\": 7}\n"), "--dry-run")...).has(t, 2, "line 2", "actor, groups and attributes")

	// A new name is somebody's decision, and only for one flag.
	s.run(append(from, "--only", "odd_name", "--rename", "odd/name=odd_name", "--yes")...).has(t, 0, "odd/name becomes odd_name, which moves", "1 change, revision")
	s.run(append(from, "--only", "post", "--rename", "mail=post", "--verify", "--dry-run")...).has(t, 0, "verified: 0 of 10,000 actors get other answers")
	s.run(append(from, "--only", "odd_name", "--rename", "odd/name=odd_name", "--verify", "--dry-run")...).has(t, 1, "odd/name for", "actors get other answers")
	s.run(append(from, "--only", "nothing")...).has(t, 1, "has no flag \"nothing\"")
	s.run(append(from, "--rename", "nothing=x")...).has(t, 1, "has no flag \"nothing\"")
	s.run(append(from, "--rename", "x")...).has(t, 2, "OLD=NEW")

	// Another group_conflict isn't mixed in.
	s.run("envs", "create", "busy").must(t)
	s.run("flags", "enable", "theirs", "--group", "staff", "--env", "busy").must(t)
	s.run(append(from, "--into", "busy", "--yes")...).has(t, 1, "group_conflict is allow_wins and the environment's deny_wins", "theirs", "--into")
	var d struct {
		Environment  string
		Verification struct{ Different, Questions int64 }
		Difference   struct{ Written bool }
	}
	if err := json.Unmarshal([]byte(s.run(append(from, "--verify", "--dry-run", "-o", "json")...).must(t)), &d); err != nil || d.Environment != "default" || d.Verification.Questions == 0 {
		t.Errorf("%v %+v", err, d)
	}

	s.run("import", "bandera").has(t, 2, "--from is missing")
	s.run("import", "bandera", "--from", "redis://x:se%3Acret@127.0.0.1:1/").has(t, 2, "--from-env NAME keeps it out", "refused")
	s.run("import", "bandera", "--from", "x:y").has(t, 2, "no address of a store")
	s.run("import", "bandera", "--from-env", "NOT_THERE").has(t, 2, "no NOT_THERE")
	s.run(append(from, "--actors", "5")...).has(t, 2, "--actors is for --verify")
	s.run(append(from, "--table", "nothing")...).has(t, 2, "the table nothing can't be read")
	s.stop()
}

// A file of a library's name is imported with its folder.
func TestImportAFileOfALibrarysName(t *testing.T) {
	s := serve(t, "--in-memory")
	name := file(t, "bandera", "flags: [{key: from_a_file}]")
	t.Chdir(filepath.Dir(name))
	s.run("import", "./bandera").has(t, 0, "create flag from_a_file")
	s.stop()
}

func TestExportBack(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "enable", "v", "--when", "v semver_gte 1.0.0").must(t)
	s.run("export", "--as", "fun_with_flags-redis").has(t, 0, `HSET "fun_with_flags:new_checkout" "percentage" "actors/0.25"`, "warning: flag v (rule): left out: FunWithFlags has no such gate")
	s.run("export", "--as", "bandera-mysql", "--table", "app.flags").has(t, 0, "INSERT INTO app.flags (flag_name, gate_type, target, enabled) VALUES ('new_checkout', 'percentage', 'actors/0.25', TRUE);", "Bandera has no operator semver_gte")
	s.run("export", "--as", "csv").has(t, 2, "none of bandera-redis")
	s.stop()
}
