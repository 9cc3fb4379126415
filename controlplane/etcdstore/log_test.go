package etcdstore

import (
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// TestWhatEtcdLogsIsBounded: it logs the keys of a slow transaction, of which there may be thousands.
func TestWhatEtcdLogsIsBounded(t *testing.T) {
	var log strings.Builder
	zapTo(slog.New(slog.NewTextHandler(&log, nil)), zapcore.WriteThenFatal).Warn("apply request took too long", zap.String("request", strings.Repeat("key ü ", 100_000)), zap.Int("n", 7))
	if log.Len() > 2*maxLogged || !strings.Contains(log.String(), "n=7") || !strings.Contains(log.String(), "key ü") {
		t.Errorf("%d bytes: %.300s", log.Len(), &log)
	}
}

// TestWhatIsIntendedIsNoWarning logs what etcd complains of in every healthy start for debugging only.
func TestWhatIsIntendedIsNoWarning(t *testing.T) {
	var log strings.Builder
	etcd := zapTo(slog.New(slog.NewTextHandler(&log, nil)), zapcore.WriteThenFatal)
	etcd.Warn("Failed to detect schema version")
	etcd.Warn("61b1b1f3dedd1185 cannot campaign at term 2 since there are still pending configuration changes to apply")
	if log.Len() > 0 {
		t.Error(log.String())
	}
	if etcd.Warn("slow disk"); log.Len() == 0 {
		t.Error("a warning is missing")
	}
}
