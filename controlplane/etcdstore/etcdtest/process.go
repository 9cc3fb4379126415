package etcdtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gonfalon-flags/gonfalon/internal/freeport"
)

// asMember makes a test binary an etcd that listens at this address.
const asMember = "GONFALON_TEST_AS_ETCD"

// Process is an etcd in a process of its own, which can be killed as the system does it.
type Process struct {
	t       testing.TB
	dir     string
	address string
	command *exec.Cmd
}

// Member runs an etcd if this process is one that StartProcess started, and doesn't return then. TestMain calls it first.
func Member() {
	address := os.Getenv(asMember)
	if address == "" {
		return
	}
	cfg := embed.NewConfig()
	cfg.Dir = "data"
	listen, peer := url.URL{Scheme: "http", Host: address}, peer(0)
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{listen}, []url.URL{listen}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.Name + "=" + peer.String()
	cfg.TickMs, cfg.ElectionMs = 50, 500
	cfg.EnableGRPCGateway = false
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	member, err := embed.StartEtcd(cfg)
	if err != nil {
		println("etcd:", err.Error())
		os.Exit(1)
	}
	println("etcd:", (<-member.Err()).Error())
	os.Exit(1)
}

// StartProcess runs an etcd. The test's TestMain must call Member.
func StartProcess(t testing.TB) *Process {
	t.Helper()
	port, err := freeport.Find()
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{t: t, dir: t.TempDir(), address: fmt.Sprint("127.0.0.1:", port)}
	p.Restart()
	t.Cleanup(p.Kill)
	return p
}

// Endpoint returns the etcd's address.
func (p *Process) Endpoint() string { return "http://" + p.address }

// Restart starts the etcd again, on its data and its address, and waits until it accepts connections.
func (p *Process) Restart() {
	p.t.Helper()
	p.command = exec.Command(os.Args[0])
	p.command.Dir = p.dir
	p.command.Env = append(os.Environ(), asMember+"="+p.address)
	p.command.Stderr = os.Stderr
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", p.address); err == nil {
			conn.Close()
			return
		} else if time.Now().After(deadline) {
			p.t.Fatal("the etcd doesn't start: ", err)
		}
	}
}

// Kill ends the process without asking it.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // it may have ended
	_ = p.command.Wait()
}

// Link returns a way to the etcd.
func (p *Process) Link() *Link {
	p.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	l := &Link{address: url.URL{Scheme: "http", Host: listener.Addr().String()}, to: p.address}
	l.serve(p.t, listener)
	return l
}

// Endpoint returns the address at which the link takes connections.
func (l *Link) Endpoint() string { return l.address.String() }
