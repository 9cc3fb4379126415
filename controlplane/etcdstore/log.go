package etcdstore

import (
	"context"
	"log/slog"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapTo returns a logger for etcd that writes to ours. etcd is talkative: its information is debugging to us. What etcd
// can't survive goes to fatal too.
func zapTo(logger *slog.Logger, fatal zapcore.CheckWriteHook) *zap.Logger {
	return zap.New(&core{logger: logger.With("part", "etcd")}, zap.WithFatalHook(fatal))
}

// core implements zapcore.Core.
type core struct{ logger *slog.Logger }

// harmless lists complaints about things that are intended here: nothing listens, nobody signs in, and the data of a
// new store has no version yet.
var harmless = map[string]bool{
	"Running http and grpc server on single port. This is not recommended for production.": true,
	"simple token is not cryptographically signed":                                         true,
	"Failed to detect schema version":                                                      true,
	"failed to update storage version":                                                     true,
}

// early ends raft's warning, which begins with a member and a term, if a member that opens again asks to lead before it has
// read its own log. It asks again a moment later.
const early = "since there are still pending configuration changes to apply"

func level(l zapcore.Level) slog.Level {
	switch {
	case l >= zapcore.ErrorLevel:
		return slog.LevelError
	case l == zapcore.WarnLevel:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (c *core) Enabled(l zapcore.Level) bool {
	return c.logger.Enabled(context.Background(), level(l))
}

func (c *core) With(fields []zapcore.Field) zapcore.Core {
	return &core{logger: c.logger.With(attributes(fields)...)}
}

func (c *core) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	at := level(e.Level)
	if harmless[e.Message] || strings.HasSuffix(e.Message, early) {
		at = slog.LevelDebug
	}
	c.logger.Log(context.Background(), at, e.Message, attributes(fields)...)
	return nil
}

func (c *core) Sync() error { return nil }

// maxLogged is how many bytes of one field are logged. etcd would log all keys of a slow transaction.
const maxLogged = 512

func attributes(fields []zapcore.Field) []any {
	encoder := zapcore.NewMapObjectEncoder()
	list := make([]any, 0, len(fields))
	for _, f := range fields {
		f.AddTo(encoder)
		value := encoder.Fields[f.Key]
		if text, is := value.(string); is && len(text) > maxLogged {
			value = strings.ToValidUTF8(text[:maxLogged], "") + "…"
		}
		list = append(list, slog.Any(f.Key, value))
	}
	return list
}
