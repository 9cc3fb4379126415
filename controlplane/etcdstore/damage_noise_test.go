//go:build !race

package etcdstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestNoiseInADirectoryIsSaidInOneSentence writes noise into the files. It runs without the race detector, which also
// checks pointers: where a damaged page has the storage read beyond its end, that ends the process at once. Without the
// check, the reader finds what doesn't fit, or faults, and both are errors.
func TestNoiseInADirectoryIsSaidInOneSentence(t *testing.T) {
	d := newDirectory(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range 24 {
		name, within := d.db, int64(60_000)
		if i%2 == 0 {
			name, within = d.wal, 20_000
		}
		at, noise := random.Int64N(within), make([]byte, 1+random.IntN(5_000))
		for j := range noise {
			noise[j] = byte(random.Uint32())
		}
		t.Run(fmt.Sprintf("%d bytes of noise at %d of %s", len(noise), at, filepath.Base(name)), func(t *testing.T) {
			_ = d.open(t, func(dir string) error { // some bytes have no meaning: then it opens
				f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
				if err != nil {
					return err
				}
				_, err = f.WriteAt(noise, at)
				return errors.Join(err, f.Close())
			})
		})
	}
}
