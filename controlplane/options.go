package controlplane

import "time"

// WriteOptions are the options of every change.
type WriteOptions struct {
	By           string   // who makes the change, for the audit
	Reason       string   // why
	IfMatch      []string // versions, one of which must be the current one; "*" means that it must exist
	IfAbsent     bool     // it must not exist
	AllowMissing bool     // gates may name segments and parents that don't exist yet
	DryRun       bool     // check everything, write nothing

	quiet bool // don't record a refusal: replicas race to create something that exactly one of them must create
}

// At is a moment of an environment: a revision or a time. The zero value is now.
type At struct {
	Revision int64
	Time     time.Time
}

func (at At) now() bool { return at.Revision == 0 && at.Time.IsZero() }

// These limits are for the texts that come with a change.
const (
	maxBy     = 256   // bytes
	maxReason = 4_096 // bytes
)

func checkOptions(o *WriteOptions) error {
	if o.By == "" {
		o.By = "unknown"
	}
	if len(o.By) > maxBy {
		return problem("/by", "it is longer than 256 bytes", "")
	}
	if len(o.Reason) > maxReason {
		return problem("/reason", "it is longer than 4096 bytes", "")
	}
	return nil
}

// precondition checks IfMatch and IfAbsent against the current version; "" means that it doesn't exist.
func precondition(o WriteOptions, current string) error {
	if o.IfAbsent && current != "" {
		return &Error{Code: PreconditionFailed, Message: "it exists already", Current: current}
	}
	if len(o.IfMatch) == 0 {
		return nil
	}
	for _, version := range o.IfMatch {
		if current != "" && (version == "*" || version == current) {
			return nil
		}
	}
	message := "it was changed since then"
	if current == "" {
		message = "it does not exist"
	}
	return &Error{Code: PreconditionFailed, Message: message, Current: current}
}
