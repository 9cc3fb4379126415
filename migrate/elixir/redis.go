package elixir

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

const (
	mostReads  = 5     // of a store that changes while it is read
	scanCount  = 1_000 // members or fields for one answer
	keysAtOnce = 500   // keys to watch or to measure with one command
)

// redisStore is a Redis with a library's hashes.
type redisStore struct {
	library reference.Library
	address secret
	options Options
	client  *redis.Client
}

func openRedis(library reference.Library, address secret, o Options) (migrate.Source, error) {
	settings, err := redis.ParseURL(address.URL.String())
	if err != nil {
		return nil, address.hide(err)
	}
	settings.DialTimeout, settings.ReadTimeout, settings.WriteTimeout = o.Timeout, o.Timeout, o.Timeout
	settings.MaxRetries = -1
	settings.PoolSize = 2
	settings.DisableIdentity = true // an old server, or one with few permissions, refuses CLIENT SETINFO
	logging.Disable()               // its errors are returned too
	return &redisStore{library: library, address: address, options: o, client: redis.NewClient(settings)}, nil
}

func (s *redisStore) String() string { return s.library.Name() + " at " + s.address.String() }

func (s *redisStore) Close() error { return s.client.Close() }

// Read watches every key that it reads, and begins again if one changed.
//
// Why: RATIONALE.md "How is Redis read as of one moment?"
func (s *redisStore) Read(ctx context.Context, progress func(migrate.Progress)) (migrate.Contents, error) {
	for again := range mostReads {
		if again > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Duration(again) * 200 * time.Millisecond):
			}
		}
		c := newCollector(s.library, again, progress)
		strays, err := s.strays(ctx)
		if err == nil {
			err = s.client.Watch(ctx, func(tx *redis.Tx) error { return s.read(ctx, tx, c, strays) }, s.names())
		}
		switch {
		case errors.Is(err, redis.TxFailedErr):
			continue
		case err != nil:
			return nil, fmt.Errorf("%s: %w", s, s.explain(err))
		}
		return c.contents(), nil
	}
	return nil, fmt.Errorf("%s changed %d times while it was read: try again when nobody changes flags, or read a replica", s, mostReads)
}

// Changes tells of what bandera/notifications/redis.ex and fun_with_flags/notifications/redis.ex publish.
func (s *redisStore) Changes(ctx context.Context) <-chan struct{} {
	changes := make(chan struct{}, 1)
	subscription := s.client.Subscribe(ctx, s.library.Channel())
	go func() {
		defer func() { _ = subscription.Close() }()
		messages := subscription.Channel()
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-messages:
				if !open {
					return
				}
				select {
				case changes <- struct{}{}:
				default: // somebody will look soon
				}
			}
		}
	}()
	return changes
}

func (s *redisStore) names() string           { return s.options.Prefix + s.library.Names() }
func (s *redisStore) hash(name string) string { return s.options.Prefix + s.library.Hash(name) }

// explain says what an error of Redis means here.
func (s *redisStore) explain(err error) error {
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "NOPERM"):
		err = fmt.Errorf("%w: the user needs scan, sscan, hscan, exists, watch, multi and exec, none of which writes", err)
	case strings.Contains(text, "syntax error"), strings.HasPrefix(text, "ERR unknown command"):
		err = fmt.Errorf("%w: Redis 6 or later is needed", err)
	case strings.HasPrefix(text, "MOVED"), strings.HasPrefix(text, "CROSSSLOT"):
		err = fmt.Errorf("%w: this is a cluster, which neither library uses", err)
	case strings.HasPrefix(text, "WRONGTYPE"):
		err = fmt.Errorf("%s isn't a set of names: %w", s.names(), err)
	}
	return s.address.hide(err)
}

// strays returns the names of hashes, whether or not the set of names has them: the libraries decide by the hash.
func (s *redisStore) strays(ctx context.Context) ([]string, error) {
	var names []string
	prefix := s.hash("")
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		keys, next, err := s.client.ScanType(ctx, cursor, escapeGlob(prefix)+"*", scanCount, "hash").Result()
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			names = append(names, strings.TrimPrefix(key, prefix))
		}
		if cursor = next; int64(len(names)) > limits.gates {
			return nil, errTooLarge
		}
	}
	return names, nil
}

var globs = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

func escapeGlob(text string) string { return globs.Replace(text) }

// read reads every flag in a transaction that fails if a key changed meanwhile.
func (s *redisStore) read(ctx context.Context, tx *redis.Tx, c *collector, strays []string) error {
	var names []string
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		some, next, err := tx.SScan(ctx, s.names(), cursor, "", scanCount).Result()
		if err != nil {
			return err
		}
		names = append(names, some...)
		if cursor = next; int64(len(names)) > limits.gates {
			return errTooLarge
		}
	}
	listed := len(names)
	names = append(names, strays...)
	slices.Sort(names[:listed])
	known := map[string]bool{}
	for some := range slices.Chunk(names, keysAtOnce) {
		keys := make([]string, len(some))
		for i, name := range some {
			keys[i] = s.hash(name)
		}
		if err := tx.Watch(ctx, keys...).Err(); err != nil {
			return err
		}
	}
	for i, name := range names {
		if known[name] {
			continue
		}
		known[name] = true
		c.flag(name)
		if i >= listed {
			c.unreadable = append(c.unreadable, migrate.Finding{Flag: name, Effect: migrate.Same, Detail: "its name isn't in " + s.names() + ", so that no list shows it; it decides all the same, and is carried"})
		}
		if err := s.gates(ctx, tx, c, name); err != nil {
			return err
		}
	}
	_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Exists(ctx, s.names())
		return nil
	})
	return err
}

// gates reads the hash of a flag.
func (s *redisStore) gates(ctx context.Context, tx *redis.Tx, c *collector, name string) error {
	key := s.hash(name)
	if size, err := tx.MemoryUsage(ctx, key, 0).Result(); err == nil && size > 2*limits.bytes { // not every user may ask
		return errTooLarge
	}
	seen := map[string]bool{}
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		pairs, next, err := tx.HScan(ctx, key, cursor, "", scanCount).Result()
		if err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE") {
			f := c.flag(name)
			f.raises = key + " isn't a hash"
			c.unreadable = append(c.unreadable, migrate.Finding{Flag: name, Effect: migrate.Differs, Detail: f.raises + ", so that " + s.library.Name() + " can't read the flag; here it is off", WayOut: "delete the key in the old store"})
			return nil
		}
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			field, value := pairs[i], pairs[i+1]
			if seen[field] {
				continue // a scan may return a field twice
			}
			seen[field] = true
			if err := c.count(len(field) + len(value)); err != nil {
				return err
			}
			g, err := reference.RedisGate(s.library, field, value)
			c.add(name, field, g, err)
		}
		cursor = next
	}
	return nil
}
