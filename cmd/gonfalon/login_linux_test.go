package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestLoginOnATerminal interrupts the question for a token: it ends at once, and the terminal shows again what is typed.
func TestLoginOnATerminal(t *testing.T) {
	home(t)
	_, terminal := openTerminal(t)
	echoes := func() bool {
		var settings syscall.Termios
		if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, terminal.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&settings))); failed != 0 {
			t.Fatal(failed)
		}
		return settings.Lflag&syscall.ECHO != 0
	}
	waiting := func(interrupt func()) {
		for echoes() {
			time.Sleep(time.Millisecond) // until the question is being answered
		}
		interrupt()
	}
	code, said := prompted(t, terminal, waiting, "login", "http://127.0.0.1:1")
	if code != 1 || !strings.Contains(said, "Token for http://127.0.0.1:1") || !strings.Contains(said, "nothing was kept") {
		t.Errorf("%d %s", code, said)
	}
	if !echoes() {
		t.Error("the terminal shows nothing any more")
	}
}
