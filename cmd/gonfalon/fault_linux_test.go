package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestTheEmbeddedStoreFails lets the system refuse to write to the files of a server's own etcd, as a broken or a full disk does.
// The server keeps serving flags from memory, and says that it must be started again. The next start has what was written.
func TestTheEmbeddedStoreFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data-dir", dir)
	s.run("flags", "enable", "mine").must(t)
	none := syscall.Rlimit{Cur: 1, Max: syscall.RLIM_INFINITY & (1<<63 - 1)}
	if _, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(s.command.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&none)), 0, 0, 0); failed != 0 {
		t.Fatal(failed)
	}
	began := time.Now()
	s.degrades("start this server again")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("nobody has to wait for a store that has failed, but it took %v", took)
	}
	if !strings.Contains(s.logs.String(), "the store has failed") {
		t.Errorf("the log doesn't say so:\n%s", s.logs)
	}
	s.stop()

	again := serve(t, "--data-dir", dir)
	again.adminToken = s.adminToken
	again.run("flags", "get", "mine").has(t, 0, "enabled: true")
	again.run("flags", "kill", "mine").must(t)
	again.stop()
}
