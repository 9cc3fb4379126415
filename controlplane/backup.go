package controlplane

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// A backup is a title line followed by compressed data: every key and its value as of one revision, each after its
// length (uvarint), then an empty key and the SHA-256 of everything before it. It doesn't depend on the store that it
// was taken from.
const (
	backupTitle   = "gonfalon backup 1\n"
	maxBackupPart = 64 << 20 // of one key or value; the store's limits are far below
)

// Backup writes everything in the store as of one moment, while changes continue. It contains the secrets of webhooks.
// It doesn't contain those of tokens, which are stored nowhere, and no sessions.
func (s *Service) Backup(ctx context.Context, w io.Writer) error {
	return backup(ctx, s.store, w)
}

func backup(ctx context.Context, from store.Store, w io.Writer) error {
	if _, err := io.WriteString(w, backupTitle); err != nil {
		return err
	}
	packed := gzip.NewWriter(w)
	sum := sha256.New()
	out := io.MultiWriter(packed, sum)
	if _, err := store.ReadAll(ctx, from, stored.Everything, func(e store.Entry) error {
		if passing(e.Key) {
			return nil
		}
		return errors.Join(writePart(out, []byte(e.Key)), writePart(out, e.Value))
	}); err != nil {
		return model.Unavailable("the backup can't be made", err)
	}
	if err := writePart(out, nil); err != nil {
		return err
	}
	if _, err := packed.Write(sum.Sum(nil)); err != nil {
		return err
	}
	return packed.Close()
}

// passing reports whether a key says what holds at the moment. No backup restores it: a session that has ended since
// must not begin again.
func passing(key string) bool {
	return key == stored.LeaderKey || strings.HasPrefix(key, stored.HostPrefix) || strings.HasPrefix(key, stored.SessionPrefix) || strings.HasPrefix(key, stored.OncePrefix) ||
		strings.HasPrefix(key, stored.CodePrefix) || strings.HasPrefix(key, stored.ReplicaPrefix)
}

func writePart(w io.Writer, data []byte) error {
	if _, err := w.Write(binary.AppendUvarint(nil, uint64(len(data)))); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

// readBackup calls f for every key in a backup, and checks the checksum at the end.
func readBackup(r io.Reader, f func(key string, value []byte) error) error {
	title := make([]byte, len(backupTitle))
	if _, err := io.ReadFull(r, title); err != nil || string(title) != backupTitle {
		return model.Errorf(api.Invalid, "this is not a backup that this build can read")
	}
	damaged := func(err error) error {
		return &api.Error{Code: api.Invalid, Message: "the backup is damaged or cut off", Err: err}
	}
	packed, err := gzip.NewReader(r)
	if err != nil {
		return damaged(err)
	}
	in, sum := bufio.NewReader(packed), sha256.New()
	for {
		key, err := readPart(in, sum)
		if err != nil {
			return damaged(err)
		}
		if len(key) == 0 {
			break
		}
		value, err := readPart(in, sum)
		if err != nil {
			return damaged(err)
		}
		if err := f(string(key), value); err != nil {
			return err
		}
	}
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, want); err != nil {
		return damaged(err)
	}
	if !bytes.Equal(want, sum.Sum(nil)) {
		return damaged(errors.New("the checksum does not match"))
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return damaged(errors.New("there is data after its end"))
	}
	return nil
}

func readPart(r *bufio.Reader, sum hash.Hash) ([]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if n > maxBackupPart {
		return nil, fmt.Errorf("a part of %d bytes", n)
	}
	var data bytes.Buffer
	if _, err := io.CopyN(&data, r, int64(n)); err != nil {
		return nil, err
	}
	sum.Write(binary.AppendUvarint(nil, n))
	sum.Write(data.Bytes())
	return data.Bytes(), nil
}

// RestoreOptions says who restores, for the audit, and what.
type RestoreOptions struct {
	By, Reason    string
	OnBehalfOf    string // for whom By restores; "" for itself
	WithoutTokens bool   // leave out all tokens, since some may have been revoked since the backup; the next start makes an admin token
}

// RestoreResult says what was restored.
type RestoreResult struct {
	Environments []string
	Keys         int
	Tokens       []api.Token // that work again, oldest first, also those that were revoked since the backup
}

// Restore writes a backup into an empty store, which no service may use in the meantime. Each environment gets a new
// lineage, so hosts take its snapshots even if they have seen greater revisions. If a restore breaks off, Open refuses
// the store and the next Restore clears it. An error has the code Exists (the store isn't empty), Invalid (the backup
// can't be read, and nothing was written) or Unavailable.
// Why: RATIONALE.md "Why can a backup only be restored into an empty store?"
func Restore(ctx context.Context, into store.Store, r io.Reader, o RestoreOptions) (RestoreResult, error) {
	if err := checkOptions(&WriteOptions{By: o.By, OnBehalfOf: o.OnBehalfOf, Reason: o.Reason}); err != nil {
		return RestoreResult{}, err
	}
	spool, err := spoolBackup(r)
	if err != nil {
		return RestoreResult{}, err
	}
	defer func() { _ = spool.Close(); _ = os.Remove(spool.Name()) }()
	if err := clearUnfinished(ctx, into); err != nil {
		return RestoreResult{}, err
	}
	w := stored.NewBatcher(into, false, nil)
	var result RestoreResult
	heads := map[string]model.Head{}
	err = readBackup(spool, func(key string, value []byte) error {
		if passing(key) {
			return nil
		}
		if id, isToken := strings.CutPrefix(key, stored.TokenPrefix); isToken && !o.WithoutTokens {
			var saved stored.Token
			if err := stored.Unmarshal(value, &saved); err != nil {
				return &api.Error{Code: api.Invalid, Message: "a token in the backup can't be read", Err: err}
			}
			result.Tokens = append(result.Tokens, saved.Document(id))
		}
		if o.WithoutTokens && (strings.HasPrefix(key, stored.TokenPrefix) || strings.HasPrefix(key, stored.UsedPrefix)) {
			return nil
		}
		result.Keys++
		env, isHead := strings.CutPrefix(key, stored.HeadPrefix)
		if !isHead {
			if err := w.Add(ctx, store.Op{Key: key, Value: value}); err != nil {
				return model.Unavailable("the store can't be written", err)
			}
			return nil
		}
		h, err := model.ParseHead(value)
		heads[env] = h
		return err
	})
	if err != nil {
		return RestoreResult{}, err
	}
	for env, h := range heads {
		if env != stored.System && !h.Deleted {
			result.Environments = append(result.Environments, env)
		}
	}
	slices.Sort(result.Environments)
	slices.SortFunc(result.Tokens, func(a, b api.Token) int { return a.Created.Compare(b.Created) })
	if err := restoreHeads(ctx, w, heads, o); err != nil {
		return RestoreResult{}, model.Unavailable("the store can't be written", err)
	}
	if _, err := into.Commit(ctx, store.Txn{Ops: []store.Op{{Key: stored.RestoringKey, Delete: true}}}); err != nil {
		return RestoreResult{}, model.Unavailable("the restore can't be finished", err)
	}
	return result, nil
}

// restoreHeads writes what makes the environments of a backup visible, after everything else.
func restoreHeads(ctx context.Context, w *stored.Batcher, heads map[string]model.Head, o RestoreOptions) error {
	for env, h := range heads {
		h, entry := restoredHead(env, h, o)
		if err := w.Add(ctx, entry); err != nil {
			return err
		}
		if err := w.Add(ctx, store.Op{Key: stored.HeadKey(env), Value: stored.Marshal(h)}); err != nil {
			return err
		}
	}
	return w.Flush(ctx)
}

// restoredHead returns a head with a new lineage, and the audit entry that records it.
func restoredHead(env string, h model.Head, o RestoreOptions) (model.Head, store.Op) {
	if o.By == "" {
		o.By = "unknown"
	}
	h.Stages = nil
	intent := model.Intent{Environment: env, Action: "restore", By: o.By, OnBehalfOf: o.OnBehalfOf, Reason: o.Reason}
	d := model.NewDraft(&model.State{Env: env, Head: h}, time.Now(), intent)
	d.Renew()
	entry, _ := replica.AuditOps(d)
	return d.Head, entry
}

// spoolBackup checks the whole backup before anything is written, and copies it into a file to be read again. It copies no more of
// it than is a backup.
func spoolBackup(r io.Reader) (*os.File, error) {
	spool, err := os.CreateTemp("", "gonfalon-restore-*")
	if err != nil {
		return nil, err
	}
	discard := func(err error) (*os.File, error) {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
		return nil, err
	}
	from := &failing{Reader: io.TeeReader(r, spool)}
	if err := readBackup(from, func(string, []byte) error { return nil }); err != nil {
		if from.err != nil {
			err = fmt.Errorf("reading the backup: %w", from.err)
		}
		return discard(err)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return discard(err)
	}
	return spool, nil
}

// failing is a reader that keeps why it failed.
type failing struct {
	io.Reader
	err error
}

// Read reads.
func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// clearUnfinished refuses a store in use, clears a store into which a restore broke off, and notes that a restore is
// under way.
func clearUnfinished(ctx context.Context, into store.Store) error {
	restoring, err := store.ReadOne(ctx, into, stored.RestoringKey)
	if err != nil {
		return model.Unavailable("the store can't be read", err)
	}
	if restoring.Revision != 0 {
		if _, err := into.Commit(ctx, store.Txn{Ops: []store.Op{
			{Key: stored.Everything.From, Delete: true, To: stored.RestoringKey},
			{Key: stored.RestoringKey + "\x00", Delete: true, To: stored.Everything.To},
		}}); err != nil {
			return model.Unavailable("the restore that broke off can't be cleared", err)
		}
		return nil
	}
	page, err := into.Read(ctx, store.Range{From: stored.Everything.From, To: stored.Everything.To, Limit: 1, KeysOnly: true})
	if err != nil {
		return model.Unavailable("the store can't be read", err)
	}
	if len(page.Entries) > 0 {
		return model.Errorf(api.Exists, "the store is not empty: restore into an empty data directory or prefix")
	}
	result, err := into.Commit(ctx, store.Txn{
		Guards: []store.Guard{{Key: stored.RestoringKey}},
		Ops:    []store.Op{{Key: stored.RestoringKey, Value: []byte{stored.StoredPlain}}},
	})
	if err != nil {
		return model.Unavailable("the store can't be written", err)
	}
	if !result.Committed {
		return model.Errorf(api.Exists, "another restore is under way")
	}
	return nil
}
