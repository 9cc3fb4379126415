package elixir

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// sqlStore is a database with a library's table.
type sqlStore struct {
	library reference.Library
	name    string // without a password
	hide    func(error) error
	options Options
	db      *sql.DB
	begin   sql.TxOptions
	quote   string // around identifiers
	bytes   string // the length of a column's text in bytes: a format of the column
}

func (s *sqlStore) String() string { return s.library.Name() + " at " + s.name }

func (s *sqlStore) Close() error { return s.db.Close() }

// Read reads the table in one statement of a transaction that only reads.
func (s *sqlStore) Read(ctx context.Context, progress func(migrate.Progress)) (migrate.Contents, error) {
	ctx, dog := watch(ctx, s.options.Timeout)
	defer dog.stop()
	c := newCollector(s.library, 0, progress)
	if err := s.read(ctx, dog, c); err != nil {
		return nil, fmt.Errorf("%s: %w", s, s.hide(reason(ctx, err)))
	}
	return c.contents(), nil
}

func (s *sqlStore) read(ctx context.Context, dog *watchdog, c *collector) error {
	tx, err := s.db.BeginTx(ctx, &s.begin)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	dog.alive()
	columns, err := s.columns(ctx, tx)
	if err != nil {
		return err
	}
	dog.alive()
	if err := s.measure(ctx, tx, columns); err != nil {
		return err
	}
	dog.alive()
	rows, err := tx.QueryContext(ctx, "SELECT "+s.selected(columns)+" FROM "+s.table())
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		dog.alive()
		if err := s.row(rows, slices.Contains(columns, "value"), c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// needed are the columns of both libraries' tables; Bandera's later ones also have a value.
var needed = []string{"flag_name", "gate_type", "target", "enabled"}

// columns returns those of the table, or what is wrong with it.
func (s *sqlStore) columns(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+s.table()+" LIMIT 0")
	if err != nil {
		return nil, fmt.Errorf("the table %s can't be read: %w (--table names another)", s.options.Table, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for _, name := range needed {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("the table %s isn't one of %s: it has no column %s", s.options.Table, s.library.Name(), name)
		}
	}
	return columns, rows.Err()
}

// measure refuses a table that is too large before its rows are in memory.
func (s *sqlStore) measure(ctx context.Context, tx *sql.Tx, columns []string) error {
	var lengths []string
	for _, name := range []string{"flag_name", "gate_type", "target", "value"} {
		if slices.Contains(columns, name) {
			lengths = append(lengths, "COALESCE("+fmt.Sprintf(s.bytes, s.quoted(name))+", 0)")
		}
	}
	var count, bytes int64
	query := "SELECT COUNT(*), COALESCE(SUM(" + strings.Join(lengths, " + ") + "), 0) FROM " + s.table()
	if err := tx.QueryRowContext(ctx, query).Scan(&count, &bytes); err != nil {
		return err
	}
	if count > limits.gates || bytes > limits.bytes {
		return errTooLarge
	}
	return nil
}

// selected returns the columns to read.
func (s *sqlStore) selected(columns []string) string {
	list := slices.Clone(needed)
	if slices.Contains(columns, "value") {
		list = append(list, "value")
	}
	for i := range list {
		list[i] = s.quoted(list[i])
	}
	return strings.Join(list, ", ")
}

// table returns the table's name, of which a point parts the schema.
func (s *sqlStore) table() string {
	parts := strings.Split(s.options.Table, ".")
	for i := range parts {
		parts[i] = s.quoted(parts[i])
	}
	return strings.Join(parts, ".")
}

func (s *sqlStore) quoted(name string) string {
	return s.quote + strings.ReplaceAll(name, s.quote, s.quote+s.quote) + s.quote
}

// row reads a row.
func (s *sqlStore) row(rows *sql.Rows, hasValue bool, c *collector) error {
	var name, kind, target, value sql.NullString
	var enabled any
	into := []any{&name, &kind, &target, &enabled}
	if hasValue {
		into = append(into, &value)
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	if err := c.count(len(name.String) + len(kind.String) + len(target.String) + len(value.String)); err != nil {
		return err
	}
	r := reference.Row{Flag: name.String, Type: kind.String, Target: target.String, Enabled: truth(enabled)}
	if value.Valid {
		r.Value = &value.String
	}
	g, err := reference.SQLGate(s.library, r)
	if err == nil && !(kind.Valid && target.Valid) {
		err = errors.New("a column is NULL")
	}
	c.add(r.Flag, r.Type+"/"+r.Target, g, err)
	return nil
}

// truth reads a boolean as the three databases have them; nil if it is none.
func truth(v any) *bool {
	on := false
	switch v := v.(type) {
	case bool:
		on = v
	case int64:
		on = v != 0
	case []byte:
		return truth(string(v))
	case string:
		switch v {
		case "1", "t", "true", "TRUE", "\x01":
			on = true
		case "0", "f", "false", "FALSE", "\x00":
		default:
			return nil
		}
	default:
		return nil
	}
	return &on
}
