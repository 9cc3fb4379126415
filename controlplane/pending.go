package controlplane

// Signatures whose bodies are on their way; this file empties and goes.

import (
	"context"
	"io"
	"iter"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func Open(ctx context.Context, c Config) (*Service, error) { panic("pending") }

func (s *Service) Close() error          { panic("pending") }
func (s *Service) Done() <-chan struct{} { panic("pending") }
func (s *Service) InitialToken() string  { panic("pending") }
func (s *Service) Ready() error          { panic("pending") }
func (s *Service) Status() Status        { panic("pending") }

func (s *Service) GetFlag(ctx context.Context, env, key string) (Flag, error) { panic("pending") }
func (s *Service) ListFlags(ctx context.Context, env string, q FlagQuery) (FlagPage, error) {
	panic("pending")
}
func (s *Service) PutFlag(ctx context.Context, env string, f snapshot.Flag, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) DeleteFlag(ctx context.Context, env, key string, o WriteOptions) (revision int64, err error) {
	panic("pending")
}
func (s *Service) Enable(ctx context.Context, env, key string, scope snapshot.Scope, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) Disable(ctx context.Context, env, key string, scope snapshot.Scope, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) Clear(ctx context.Context, env, key string, what snapshot.Removal, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) PutVariants(ctx context.Context, env, key string, variants []snapshot.Variant, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) Kill(ctx context.Context, env, key string, offVariant *string, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) Revive(ctx context.Context, env, key string, o WriteOptions) (WriteResult, error) {
	panic("pending")
}
func (s *Service) Rollback(ctx context.Context, env, key string, revision int64, o WriteOptions) (WriteResult, error) {
	panic("pending")
}

func (s *Service) GetSegment(ctx context.Context, env, key string) (Segment, error) { panic("pending") }
func (s *Service) ListSegments(ctx context.Context, env string) ([]Segment, error)  { panic("pending") }
func (s *Service) PutSegment(ctx context.Context, env string, g snapshot.Segment, o WriteOptions) (SegmentResult, error) {
	panic("pending")
}
func (s *Service) DeleteSegment(ctx context.Context, env, key string, o WriteOptions) (revision int64, err error) {
	panic("pending")
}

func (s *Service) Environments(ctx context.Context) ([]Environment, error) { panic("pending") }
func (s *Service) GetEnvironment(ctx context.Context, key string) (Environment, error) {
	panic("pending")
}
func (s *Service) CreateEnvironment(ctx context.Context, e NewEnvironment, o WriteOptions) (Environment, error) {
	panic("pending")
}
func (s *Service) UpdateEnvironment(ctx context.Context, key string, c EnvironmentChange, o WriteOptions) (Environment, error) {
	panic("pending")
}
func (s *Service) DeleteEnvironment(ctx context.Context, key, confirm string, o WriteOptions) error {
	panic("pending")
}
func (s *Service) Copy(ctx context.Context, from, to string, c CopyOptions, o WriteOptions) (Difference, error) {
	panic("pending")
}
func (s *Service) Export(ctx context.Context, env string, at At) (snapshot.Set, int64, error) {
	panic("pending")
}
func (s *Service) Import(ctx context.Context, env string, set snapshot.Set, i ImportOptions, o WriteOptions) (Difference, error) {
	panic("pending")
}
func (s *Service) RollbackEnvironment(ctx context.Context, env string, revision int64, o WriteOptions) (Difference, error) {
	panic("pending")
}

func (s *Service) Audit(ctx context.Context, q AuditQuery) (AuditPage, error) { panic("pending") }
func (s *Service) History(ctx context.Context, env, key string, q AuditQuery) (AuditPage, error) {
	panic("pending")
}
func (s *Service) Failures(ctx context.Context, q AuditQuery) ([]FailedWrite, error) {
	panic("pending")
}
func (s *Service) RecordFailure(ctx context.Context, f FailedWrite) { panic("pending") }

func (s *Service) Evaluate(ctx context.Context, env, key string, q Query) (Evaluation, error) {
	panic("pending")
}
func (s *Service) Explain(ctx context.Context, env, key string, q Query) (Explanation, error) {
	panic("pending")
}
func (s *Service) Preview(ctx context.Context, env string, p Proposal, q PreviewQuery) (Preview, error) {
	panic("pending")
}

func (s *Service) Snapshot(ctx context.Context, env string) (*Snapshot, error) { panic("pending") }
func (s *Service) Watch(ctx context.Context, env string, after Position) iter.Seq2[*Frame, error] {
	panic("pending")
}

type Snapshot struct{}

func (p *Snapshot) Bytes() []byte                         { panic("pending") }
func (p *Snapshot) Gzip() []byte                          { panic("pending") }
func (p *Snapshot) ID() [32]byte                          { panic("pending") }
func (p *Snapshot) Position() Position                    { panic("pending") }
func (p *Snapshot) Environment() string                   { panic("pending") }
func (p *Snapshot) Engine() (*engine.Snapshot, error)     { panic("pending") }
func (p *Snapshot) Flag(key string) (snapshot.Flag, bool) { panic("pending") }

type FrameKind string

const (
	FrameSnapshot FrameKind = "snapshot"
	FrameDelta    FrameKind = "delta"
)

type Frame struct{}

func (f *Frame) Kind() FrameKind    { panic("pending") }
func (f *Frame) Data() []byte       { panic("pending") }
func (f *Frame) Base64() string     { panic("pending") }
func (f *Frame) ID() [32]byte       { panic("pending") }
func (f *Frame) Position() Position { panic("pending") }

func (t Token) Allows(p Permission, env string) bool { panic("pending") }
func (s *Service) CreateToken(ctx context.Context, n NewToken, o WriteOptions) (t Token, secret string, err error) {
	panic("pending")
}
func (s *Service) Tokens(ctx context.Context) ([]Token, error)                      { panic("pending") }
func (s *Service) RevokeToken(ctx context.Context, id string, o WriteOptions) error { panic("pending") }
func (s *Service) Authenticate(secret string) (Token, error)                        { panic("pending") }

func (s *Service) ReportUsage(ctx context.Context, env string, batch []FlagUsage) error {
	panic("pending")
}

func (s *Service) CreateWebhook(ctx context.Context, n NewWebhook, o WriteOptions) (Webhook, error) {
	panic("pending")
}
func (s *Service) Webhooks(ctx context.Context) ([]Webhook, error) { panic("pending") }
func (s *Service) DeleteWebhook(ctx context.Context, id string, o WriteOptions) error {
	panic("pending")
}
func (s *Service) TestWebhook(ctx context.Context, id string) error { panic("pending") }

func (s *Service) Backup(ctx context.Context, w io.Writer) error { panic("pending") }

type RestoreOptions struct{ By, Reason string }
type RestoreResult struct {
	Environments []string
	Keys         int
}

func Restore(ctx context.Context, store Store, r io.Reader, o RestoreOptions) (RestoreResult, error) {
	panic("pending")
}
