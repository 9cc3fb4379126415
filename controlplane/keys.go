package controlplane

import (
	"fmt"
	"strings"
	"time"
)

// This is the layout of the store. An environment's key can't contain a slash, so no prefix is part of another one. The environment ""
// stands for things that belong to no environment: tokens and webhooks, whose changes are counted and audited like those of an environment.
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
//	token/<id>, used/<id>            an API token; when it was last used
//	webhook/<id>, delivery/<id>      a webhook; how far it was delivered
//	leader                           the replica that delivers webhooks
//	format                           the layout's version
//	restoring                        a restore is under way, or broke off
const (
	headPrefix       = "head/"
	flagPrefix       = "flag/"
	segmentPrefix    = "segment/"
	piecePrefix      = "piece/"
	auditPrefix      = "audit/"
	bodyPrefix       = "body/"
	checkpointPrefix = "checkpoint/"
	failurePrefix    = "failure/"
	usagePrefix      = "usage/"
	tokenPrefix      = "token/"
	usedPrefix       = "used/"
	webhookPrefix    = "webhook/"
	deliveryPrefix   = "delivery/"
	leaderKey        = "leader"
	formatKey        = "format"
	restoringKey     = "restoring"
)

// layoutVersion is the value of formatKey. A newer value is refused, so that an old build can't spoil data that it can't read.
const layoutVersion = 1

func headKey(env string) string              { return headPrefix + env }
func flagKey(env, gen, key string) string    { return flagPrefix + env + "/" + gen + "/" + key }
func segmentKey(env, gen, key string) string { return segmentPrefix + env + "/" + gen + "/" + key }
func pieceKey(env, hash string) string       { return fmt.Sprintf("%s%s/%x", piecePrefix, env, hash) }
func auditKey(env string, revision int64) string {
	return auditPrefix + env + "/" + newestFirst(revision)
}
func checkpointKey(env string, revision int64) string {
	return checkpointPrefix + env + "/" + newestFirst(revision)
}
func bodyKey(env, id string, n int) string {
	return fmt.Sprintf("%s%s/%s/%06x", bodyPrefix, env, id, n)
}
func failureKey(env string, at time.Time, id string) string {
	return failurePrefix + env + "/" + newestFirst(at.UnixMicro()) + "-" + id
}
func usageKey(env string, shard int) string { return fmt.Sprintf("%s%s/%02x", usagePrefix, env, shard) }

// newestFirst formats a number so that greater numbers sort before smaller ones. Reads that start at the newest then need no reverse order.
func newestFirst(n int64) string { return fmt.Sprintf("%016x", uint64(1<<63-1-n)) }

// tail returns what follows the last slash.
func tail(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// hexRevision formats a revision so that greater revisions sort after smaller ones.
func hexRevision(n int64) string { return fmt.Sprintf("%016x", n) }
