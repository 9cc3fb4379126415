package elixir

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

func openPostgres(library reference.Library, address secret, o Options) (migrate.Source, error) {
	settings, err := pgx.ParseConfig(address.URL.String())
	if err != nil {
		return nil, address.hide(err)
	}
	settings.ConnectTimeout = o.Timeout
	settings.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing prepared, which poolers lose
	db := stdlib.OpenDB(*settings)
	db.SetMaxOpenConns(1)
	return &sqlStore{library: library, name: address.String(), hide: address.hide, options: o, db: db, quote: `"`, bytes: "OCTET_LENGTH(%s)",
		begin: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}}, nil
}

func openMySQL(library reference.Library, address secret, o Options) (migrate.Source, error) {
	settings := mysql.NewConfig()
	settings.User = address.User.Username()
	settings.Passwd, _ = address.User.Password()
	settings.Net, settings.Addr, settings.DBName = "tcp", address.Host, strings.TrimPrefix(address.Path, "/")
	if address.Port() == "" {
		settings.Addr = net.JoinHostPort(address.Hostname(), "3306")
	}
	if socket := address.Query().Get("socket"); socket != "" {
		settings.Net, settings.Addr = "unix", socket
	}
	if settings.DBName == "" {
		return nil, errors.New("the address names no database: mysql://user@host/database")
	}
	settings.TLSConfig = address.Query().Get("tls") // true, skip-verify or preferred
	settings.Collation = "utf8mb4_bin"
	settings.Timeout, settings.ReadTimeout, settings.WriteTimeout = o.Timeout, o.Timeout, o.Timeout
	settings.Logger = silent{}
	connector, err := mysql.NewConnector(settings)
	if err != nil {
		return nil, address.hide(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return &sqlStore{library: library, name: address.String(), hide: address.hide, options: o, db: db, quote: "`", bytes: "LENGTH(%s)",
		begin: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}}, nil
}

// silent drops what a driver logs besides returning it.
type silent struct{}

// Print does nothing.
func (silent) Print(...any) {}

func openSQLite(library reference.Library, file string, o Options) (migrate.Source, error) {
	file = strings.TrimPrefix(file, "//")
	switch info, err := os.Stat(file); {
	case err != nil:
		return nil, err // the driver would make a new file
	case !info.Mode().IsRegular(): // nor does it come back from a pipe
		return nil, fmt.Errorf("%s is no regular file", file)
	}
	options := url.Values{"mode": {"ro"}, "_pragma": {"query_only(true)", fmt.Sprintf("busy_timeout(%d)", o.Timeout.Milliseconds())}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &sqlStore{library: library, name: "sqlite:" + file, hide: func(err error) error { return err }, options: o, db: db,
		quote: `"`, bytes: "LENGTH(CAST(%s AS BLOB))"}, nil
}
