package elixirtest

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// Kinds are the kinds of store.
var Kinds = []string{"redis", "postgres", "mariadb", "sqlite"}

// Store is a store of a test's own, under a key prefix or a table of its own.
type Store struct {
	t       testing.TB
	Library reference.Library
	Address string
	Options elixir.Options
	Redis   *redis.Client // nil for SQL
	DB      *sql.DB
	kind    string
}

// opened counts stores, so that a test that runs again has another one.
var opened atomic.Int64

// Open returns an empty store. name tells it from the test's other stores.
func Open(t testing.TB, kind string, library reference.Library, name string) *Store {
	t.Helper()
	s := &Store{t: t, Library: library, kind: kind}
	unique := strings.NewReplacer("/", "_", " ", "_", "-", "_").Replace(strings.ToLower(t.Name() + "_" + name))
	if len(unique) > 50 {
		unique = unique[len(unique)-50:]
	}
	unique = fmt.Sprintf("t%d_%s", opened.Add(1), unique)
	switch kind {
	case "redis":
		s.Address = Address(t, kind)
		s.Options.Prefix = unique + ":"
		options, err := redis.ParseURL(s.Address)
		s.must(err)
		s.Redis = redis.NewClient(options)
		t.Cleanup(func() { _ = s.Redis.Close() })
		return s
	case "sqlite":
		s.Address = "sqlite:" + filepath.Join(t.TempDir(), "flags % ?.db")
		s.DB = s.open("sqlite", strings.TrimPrefix(s.Address, "sqlite:"))
	case "postgres":
		s.Address = Address(t, kind)
		s.DB = s.open("pgx", s.Address)
	case "mariadb":
		s.Address = Address(t, kind)
		u, err := url.Parse(s.Address)
		s.must(err)
		s.DB = s.open("mysql", fmt.Sprintf("gonfalon:%s@tcp(%s)/flags", Password, u.Host))
	}
	s.Options.Table = unique
	s.create()
	return s
}

// At returns a store in a new SQLite file, under a table of this name.
func At(t testing.TB, file string, library reference.Library, table string) *Store {
	t.Helper()
	s := &Store{t: t, Library: library, kind: "sqlite", Address: "sqlite:" + file}
	s.Options.Table = table
	s.DB = s.open("sqlite", file)
	s.create()
	return s
}

func (s *Store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *Store) open(driver, name string) *sql.DB {
	if driver == "sqlite" {
		name = "file:" + (&url.URL{Path: name}).EscapedPath() + "?_pragma=synchronous(off)&_pragma=journal_mode(memory)"
	}
	db, err := sql.Open(driver, name)
	s.must(err)
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// create makes the table as bandera/ecto/migrations.ex does, and FunWithFlags'
// priv/ecto_repo/migrations/00000000000000_create_feature_flags_table.exs: what Ecto's :string and :boolean are in each
// database is in ecto_sql and ecto_sqlite3.
func (s *Store) create() {
	s.t.Helper()
	types := map[string][3]string{ // id, :string, :boolean
		"postgres": {"bigserial PRIMARY KEY", "varchar(255)", "boolean"},
		"mariadb":  {"bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY", "varchar(255)", "tinyint(1)"},
		"sqlite":   {"INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT", "INTEGER"},
	}[s.kind]
	value := ""
	if s.Library == reference.Bandera {
		value = ", value " + types[1]
	}
	s.Exec(fmt.Sprintf("CREATE TABLE %s (id %s, flag_name %s NOT NULL, gate_type %s NOT NULL, target %s NOT NULL, enabled %s NOT NULL%s)%s",
		s.Options.Table, types[0], types[1], types[1], types[1], types[2], value, map[bool]string{true: " COLLATE utf8mb4_bin"}[s.kind == "mariadb"]))
	s.Exec(fmt.Sprintf("CREATE UNIQUE INDEX %s_i ON %s (flag_name, gate_type, target)", s.Options.Table, s.Options.Table))
}

// Exec runs a statement.
func (s *Store) Exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.DB.ExecContext(s.t.Context(), query, args...); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
}

// Field writes a field of a flag's hash, as put does in bandera/store/persistent/redis.ex and
// fun_with_flags/store/persistent/redis.ex.
func (s *Store) Field(flag, field, value string) {
	s.t.Helper()
	s.Name(flag)
	s.must(s.Redis.HSet(s.t.Context(), s.Options.Prefix+s.Library.Hash(flag), field, value).Err())
}

// Name writes the name of a flag, which stays when its last gate goes.
func (s *Store) Name(flag string) {
	s.t.Helper()
	s.must(s.Redis.SAdd(s.t.Context(), s.Options.Prefix+s.Library.Names(), flag).Err())
}

// Row writes a row. value is "" for NULL.
func (s *Store) Row(flag, kind, target string, enabled bool, value string) {
	s.t.Helper()
	columns, args := "flag_name, gate_type, target, enabled", []any{flag, kind, target, enabled}
	if s.Library == reference.Bandera {
		columns, args = columns+", value", append(args, sql.NullString{String: value, Valid: value != ""})
	}
	marks := make([]string, len(args))
	for i := range marks {
		marks[i] = "?"
		if s.kind == "postgres" {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
	}
	s.Exec("INSERT INTO "+s.Options.Table+" ("+columns+") VALUES ("+strings.Join(marks, ", ")+")", args...)
}

// Put writes flags as the library does.
func (s *Store) Put(flags ...reference.Flag) {
	s.t.Helper()
	for _, f := range flags {
		if s.Redis != nil {
			s.Name(f.Name)
		}
		for _, g := range f.Gates {
			if s.Redis != nil {
				field, value := g.Redis()
				s.Field(f.Name, field, value)
				continue
			}
			r, value := g.SQL(s.Library, f.Name), ""
			if r.Value != nil {
				value = *r.Value
			}
			s.Row(r.Flag, r.Type, r.Target, *r.Enabled, value)
		}
	}
}

// Dump returns everything in the store.
func (s *Store) Dump() string {
	s.t.Helper()
	if s.Redis == nil {
		rows, err := s.DB.QueryContext(s.t.Context(), "SELECT flag_name, gate_type, target, enabled FROM "+s.Options.Table+" ORDER BY id")
		s.must(err)
		defer func() { _ = rows.Close() }()
		var b strings.Builder
		for rows.Next() {
			var r [4]string
			s.must(rows.Scan(&r[0], &r[1], &r[2], &r[3]))
			fmt.Fprintln(&b, r)
		}
		s.must(rows.Err())
		return b.String()
	}
	keys, err := s.Redis.Keys(s.t.Context(), s.Options.Prefix+"*").Result()
	s.must(err)
	slices.Sort(keys)
	var b strings.Builder
	for _, key := range keys {
		dump, err := s.Redis.Dump(s.t.Context(), key).Result()
		s.must(err)
		fmt.Fprintf(&b, "%s %q\n", key, dump)
	}
	return b.String()
}

// Clear removes everything from the store, for tests with very many.
func (s *Store) Clear() {
	s.t.Helper()
	if s.Redis == nil {
		s.Exec("DROP TABLE " + s.Options.Table)
		s.must(s.DB.Close())
		return
	}
	for keys := s.Redis.Scan(s.t.Context(), 0, s.Options.Prefix+"*", 1000).Iterator(); keys.Next(s.t.Context()); {
		s.must(s.Redis.Del(s.t.Context(), keys.Val()).Err())
	}
	s.must(s.Redis.Close())
}
