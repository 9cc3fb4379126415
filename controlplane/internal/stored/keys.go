package stored

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// This is the layout of the store. An environment's key can't contain a slash, so no prefix is part of another one. The
// environment "" stands for things that belong to no environment: tokens and webhooks, whose changes are counted and
// audited like those of an environment.
//
//	head/<env>                       where the environment stands: lineage, revision, generation, settings
//	flag/<env>/<generation>/<key>    a flag: document and compiled record
//	segment/<env>/<generation>/<key> a segment
//	piece/<env>/<hash>               a part of a value that is too large for its key
//	audit/<env>/<revision>           a change; newest first
//	body/<env>/<id>/<number>         parts of the changes of an audit entry that is too large, or of a checkpoint
//	checkpoint/<env>/<revision>      the whole environment as of a revision; newest first
//	failure/<env>/<time>             a refused change; newest first
//	usage/<env>/<shard>              when flags were last evaluated
//	hour/<env>/<shard>/<hour>        how often flags were evaluated in an hour; day/… in a day
//	host/<env>/<replica>-<shard>     what a replica heard of hosts
//	token/<id>, used/<id>            an API token; when it was last used
//	session/<id>, once/<id>          somebody who is signed in; a secret with which to sign in once
//	webhook/<id>, delivery/<id>      a webhook; how far it was delivered
//	leader                           the replica that delivers webhooks
//	replica/<name>                   a replica that is there
//	format                           the layout's version
//	restoring                        a restore is under way, or broke off
const (
	HeadPrefix       = "head/"
	FlagPrefix       = "flag/"
	SegmentPrefix    = "segment/"
	PiecePrefix      = "piece/"
	AuditPrefix      = "audit/"
	BodyPrefix       = "body/"
	CheckpointPrefix = "checkpoint/"
	FailurePrefix    = "failure/"
	UsagePrefix      = "usage/"
	HostPrefix       = "host/"
	HourPrefix       = "hour/"
	DayPrefix        = "day/"
	TokenPrefix      = "token/"
	UsedPrefix       = "used/"
	SessionPrefix    = "session/"
	OncePrefix       = "once/"
	CodePrefix       = "code/"
	WebhookPrefix    = "webhook/"
	DeliveryPrefix   = "delivery/"
	ReplicaPrefix    = "replica/"
	LeaderKey        = "leader"
	FormatKey        = "format"
	RestoringKey     = "restoring"
)

// System is the environment of what belongs to none. It has a head and an audit of its own.
const System = ""

// LayoutVersion is the value of formatKey. A newer value is refused, so that an old build can't spoil data that it
// can't read.
const LayoutVersion = 1

// HeadKey and the functions below return the keys that the layout says.
func HeadKey(env string) string              { return HeadPrefix + env }
func flagKey(env, gen, key string) string    { return FlagPrefix + env + "/" + gen + "/" + key }
func segmentKey(env, gen, key string) string { return SegmentPrefix + env + "/" + gen + "/" + key }
func PieceKey(env, hash string) string       { return fmt.Sprintf("%s%s/%x", PiecePrefix, env, hash) }
func AuditKey(env string, revision int64) string {
	return AuditPrefix + env + "/" + newestFirst(revision)
}
func CheckpointKey(env string, revision int64) string {
	return CheckpointPrefix + env + "/" + newestFirst(revision)
}
func bodyKey(env, id string, n int) string {
	return fmt.Sprintf("%s%s/%s/%06x", BodyPrefix, env, id, n)
}
func FailureKey(env string, at time.Time, id string) string {
	return FailurePrefix + env + "/" + newestFirst(at.UnixMicro()) + "-" + id
}
func UsageKey(env string, shard int) string { return fmt.Sprintf("%s%s/%02x", UsagePrefix, env, shard) }

// newestFirst formats a number so that greater numbers sort before smaller ones. Reads that start at the newest then
// need no reverse order.
func newestFirst(n int64) string { return fmt.Sprintf("%016x", uint64(1<<63-1-n)) }

// Tail returns what follows the last slash.
func Tail(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// HexRevision formats a revision so that greater revisions sort after smaller ones.
func HexRevision(n int64) string { return fmt.Sprintf("%016x", n) }

// RevisionOf returns the number that newestFirst wrote.
func RevisionOf(key string) (int64, error) {
	n, err := strconv.ParseUint(Tail(key), 16, 64)
	if err != nil || n > 1<<63-1 {
		return 0, fmt.Errorf("%w: key %s", ErrBroken, key)
	}
	return 1<<63 - 1 - int64(n), nil
}

// RecordPrefix returns what the keys of all records of a kind begin with.
func RecordPrefix(env, generation string, kind snapshot.Kind) string {
	if kind == snapshot.FlagRecord {
		return flagKey(env, generation, "")
	}
	return segmentKey(env, generation, "")
}

// Everything is the range of all keys that the service uses.
var Everything = store.Range{From: "!", To: "\x7f"}
