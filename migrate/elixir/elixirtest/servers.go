// Package elixirtest starts real stores and fills them as Bandera and FunWithFlags do. It is for tests.
package elixirtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/gonfalon-flags/gonfalon/internal/freeport"
)

// Password is that of every server. It has characters that addresses escape.
const Password = "p/w:@5"

// server is a process with its data in a folder of its own.
type server struct {
	sync.Once
	address string
	err     error
}

var (
	servers = map[string]*server{"redis": {}, "postgres": {}, "mariadb": {}}
	mu      sync.Mutex
	stops   []func()
)

// Main runs a package's tests, and ends the servers that they started.
func Main(m *testing.M) {
	code := m.Run()
	mu.Lock()
	for _, stop := range slices.Backward(stops) {
		stop()
	}
	mu.Unlock()
	os.Exit(code)
}

// Address returns the address of a server, which it starts if none runs: redis, postgres or mariadb. A test skips
// itself where the server isn't installed.
func Address(t testing.TB, kind string) string {
	t.Helper()
	s := servers[kind]
	s.Do(func() {
		switch kind {
		case "redis":
			s.address, s.err = startRedis()
		case "postgres":
			s.address, s.err = startPostgres()
		case "mariadb":
			s.address, s.err = startMariaDB()
		}
	})
	if _, missing := errors.AsType[missingError](s.err); missing {
		t.Skipf("%s: scripts/test installs it where it is root", s.err)
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.address
}

type missingError string

func (e missingError) Error() string { return string(e) + " isn't installed" }

// find returns the path of a program, which Debian may keep apart.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/sbin/" + name, "/usr/lib/postgresql/*/bin/" + name} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", missingError(name)
}

// folder makes one that the server's user owns.
func folder() (string, *syscall.SysProcAttr, error) {
	dir, err := os.MkdirTemp("", "gonfalon-store-")
	if err != nil {
		return "", nil, err
	}
	onStop(func() { _ = os.RemoveAll(dir) })
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return dir, attributes, nil
	}
	nobody, err := user.Lookup("nobody") // no server runs as root
	if err != nil {
		return "", nil, err
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return dir, attributes, os.Chown(dir, uid, gid)
}

func onStop(stop func()) {
	mu.Lock()
	defer mu.Unlock()
	stops = append(stops, stop)
}

// run runs a program to its end.
func run(dir string, as *syscall.SysProcAttr, stdin string, name string, args ...string) error {
	path, err := find(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, path, args...)
	c.Dir, c.SysProcAttr, c.Stdin = dir, as, bytes.NewBufferString(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// start starts a server and waits until it answers.
func start(dir string, as *syscall.SysProcAttr, answers func(context.Context) error, name string, args ...string) error {
	path, err := find(name)
	if err != nil {
		return err
	}
	c := exec.Command(path, args...)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	c.Dir, c.SysProcAttr, c.Stdout, c.Stderr = dir, as, log, log
	if err := c.Start(); err != nil {
		return err
	}
	var why error
	ended := make(chan struct{})
	go func() {
		why = c.Wait()
		close(ended)
	}()
	onStop(func() {
		_ = c.Process.Signal(syscall.SIGINT)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		_ = log.Close()
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("%s ended: %w\n%s", name, why, text)
		case <-ctx.Done():
			return fmt.Errorf("%s doesn't answer: %w", name, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func startRedis() (string, error) {
	dir, as, err := folder()
	if err != nil {
		return "", err
	}
	port, err := freeport.Find()
	if err != nil {
		return "", err
	}
	address := fmt.Sprintf("redis://:%s@127.0.0.1:%d/0", "p%2Fw%3A%405", port)
	answers := func(ctx context.Context) error {
		client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port), Password: Password, MaxRetries: -1})
		defer func() { _ = client.Close() }()
		return client.Ping(ctx).Err()
	}
	return address, start(dir, as, answers, "redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir, "--requirepass", Password)
}

func startPostgres() (string, error) {
	dir, as, err := folder()
	if err != nil {
		return "", err
	}
	port, err := freeport.Find()
	if err != nil {
		return "", err
	}
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o644); err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	if err := run(dir, as, "", "initdb", "-D", data, "-U", "gonfalon", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-locale", "--no-sync"); err != nil {
		return "", err
	}
	address := fmt.Sprintf("postgres://gonfalon:%s@127.0.0.1:%d/postgres?sslmode=disable", "p%2Fw%3A%405", port)
	return address, start(dir, as, pings("pgx", address), "postgres", "-D", data, "-p", strconv.Itoa(port), "-k", dir, "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1")
}

func startMariaDB() (string, error) {
	dir, as, err := folder()
	if err != nil {
		return "", err
	}
	port, err := freeport.Find()
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	if err := run(dir, as, "", "mariadb-install-db", "--no-defaults", "--datadir="+data, "--skip-test-db", "--auth-root-authentication-method=normal"); err != nil {
		return "", err
	}
	first := filepath.Join(dir, "first.sql")
	if err := os.WriteFile(first, []byte("CREATE DATABASE flags CHARACTER SET utf8mb4;\nCREATE USER gonfalon@'127.0.0.1' IDENTIFIED BY '"+Password+"';\nGRANT ALL ON *.* TO gonfalon@'127.0.0.1';\n"), 0o644); err != nil {
		return "", err
	}
	answers := pings("mysql", fmt.Sprintf("gonfalon:%s@tcp(127.0.0.1:%d)/flags", Password, port))
	address := fmt.Sprintf("mysql://gonfalon:%s@127.0.0.1:%d/flags", "p%2Fw%3A%405", port)
	return address, start(dir, as, answers, "mariadbd", "--no-defaults", "--datadir="+data, "--port="+strconv.Itoa(port), "--socket="+filepath.Join(dir, "s"), "--bind-address=127.0.0.1",
		"--skip-name-resolve", "--init-file="+first, "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4", "--pid-file="+filepath.Join(dir, "pid"))
}

// pings asks a database until it answers.
func pings(driver, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		db, err := sql.Open(driver, name)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		return db.PingContext(ctx)
	}
}
