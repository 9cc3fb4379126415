package etcdstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"
)

// ErrDamaged says that a data directory can't be read. No restart helps.
var ErrDamaged = errors.New("the data directory is damaged")

// damaged returns the error of a damaged data directory, with what to do.
func damaged(dir string, why error) error {
	return fmt.Errorf("%w: %s: %w: move it away, and restore a backup into an empty one (gonfalon restore FILE --data-dir DIR)",
		ErrDamaged, dir, why)
}

// inspect reads all that etcd will read from its directory, and returns what is wrong with it. etcd itself would panic,
// in goroutines of its own, or wait without end. fresh reports that there is nothing yet.
// Why: RATIONALE.md "Why is the data directory read before etcd starts?"
func inspect(dir string) (fresh bool, err error) {
	data, log := filepath.Join(dir, "member", "snap", "db"), filepath.Join(dir, "member", "wal")
	hasData, hasLog := exists(data), wal.Exist(log)
	if !hasData && !hasLog {
		return true, nil
	}
	err = guarded(func() error {
		var applied, logged uint64
		if hasData {
			if applied, err = readData(data); err != nil {
				return fmt.Errorf("its data can't be read: %w", err)
			}
		}
		switch {
		case !hasLog && applied == 0:
			return nil
		case !hasLog:
			return errors.New("its log is missing")
		}
		if logged, err = readLog(log); err != nil {
			return fmt.Errorf("its log can't be read: %w", err)
		}
		if logged < applied {
			return fmt.Errorf("its log ends at entry %d, but its data has entry %d", logged, applied)
		}
		return nil
	})
	return false, err
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

// errPanic says that what reads a directory gave up on what it found there.
var errPanic = errors.New("it holds something that etcd can't have written")

// guarded calls a function that reads files which may hold anything, and returns its panics and its faults as errors.
func guarded(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	return read()
}

// readData reads every page of etcd's data, and returns the last entry of the log that is applied to it.
func readData(path string) (applied uint64, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		if has := fileSize(path); tx.Size() > has {
			return fmt.Errorf("it has %d bytes of %d", has, tx.Size())
		}
		if meta := tx.Bucket([]byte("meta")); meta != nil {
			if index := meta.Get([]byte("consistent_index")); len(index) == 8 {
				applied = binary.BigEndian.Uint64(index)
			}
		}
		if err := tx.ForEach(readBucket); err != nil {
			return err
		}
		pages := tx.Cursor().Bucket().Stats()
		has := int(tx.Size() / int64(db.Info().PageSize))
		if n := pages.BranchPageN + pages.BranchOverflowN + pages.LeafPageN + pages.LeafOverflowN; n > has {
			return fmt.Errorf("its tables have %d pages of %d", n, has)
		}
		// The tree's own check runs in a goroutine that can't be guarded, so it comes last.
		var first error
		for problem := range tx.Check() {
			if first == nil {
				first = problem
			}
		}
		return first
	})
	return applied, err
}

// readBucket reads every byte of a bucket.
func readBucket(name []byte, b *bbolt.Bucket) error {
	return b.ForEach(func(key, value []byte) error {
		crc32.Update(crc32.ChecksumIEEE(key), crc32.IEEETable, value)
		if string(name) != "key" {
			return nil
		}
		if err := proto.Unmarshal(value, new(mvccpb.KeyValue)); err != nil {
			return fmt.Errorf("revision %x: %w", key, err)
		}
		return nil
	})
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// readLog reads etcd's log, and returns its last entry.
func readLog(dir string) (last uint64, err error) {
	snapshots, err := wal.ValidSnapshotEntries(zap.NewNop(), dir)
	if err != nil {
		return 0, err
	}
	from := &walpb.Snapshot{}
	if n := len(snapshots); n > 0 {
		from = snapshots[n-1]
	}
	w, err := wal.OpenForRead(zap.NewNop(), dir, from)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	_, _, entries, err := w.ReadAll()
	if err != nil {
		return 0, err
	}
	last = from.GetIndex()
	if n := len(entries); n > 0 {
		last = entries[n-1].GetIndex()
	}
	return last, nil
}
