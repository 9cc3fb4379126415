package controlplane

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// WriteOptions are the options of every change.
type WriteOptions struct {
	By           string   // who makes the change, for the audit
	OnBehalfOf   string   // for whom By makes it, for the audit; "" for By itself
	Token        string   // the id of the token with which it is made, for the audit: a name can be given to another; "" for none
	Reason       string   // why
	IfMatch      []string // versions, one of which must be the current one; "*" means that it must exist
	IfAbsent     bool     // it must not exist
	AllowMissing bool     // gates may name segments and parents that don't exist yet
	DryRun       bool     // check everything, write nothing
	KeepSettings bool     // refuse a change that also changes the environment's settings or description

	quiet bool // don't record a refusal: replicas race to create something that exactly one of them must create
}

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
		return model.InvalidAt("/by", "it is longer than 256 bytes", "")
	}
	if len(o.Reason) > maxReason {
		return model.InvalidAt("/reason", "it is longer than 4096 bytes", "")
	}
	if len(o.OnBehalfOf) > maxBy {
		return model.InvalidAt("/on_behalf_of", "it is longer than 256 bytes", "")
	}
	if strings.TrimSpace(o.OnBehalfOf) != o.OnBehalfOf {
		return model.InvalidAt("/on_behalf_of", "it begins or ends with white space", "")
	}
	if err := checkReadable("/by", o.By); err != nil {
		return err
	}
	if err := checkReadable("/on_behalf_of", o.OnBehalfOf); err != nil {
		return err
	}
	return checkReadable("/reason", o.Reason)
}

// checkReadable refuses control characters in a name or a reason, which others read in a terminal or a log.
func checkReadable(pointer, text string) error {
	if !utf8.ValidString(text) {
		return model.InvalidAt(pointer, "it is not valid UTF-8", "")
	}
	if problem := flagset.ControlProblem(text, ""); problem != "" {
		return model.InvalidAt(pointer, problem, "write it on one line")
	}
	return nil
}

// precondition checks IfMatch and IfAbsent against the current version; "" means that it doesn't exist.
func precondition(o WriteOptions, current string) error {
	if o.IfAbsent && current != "" {
		return &api.Error{Code: api.PreconditionFailed, Message: "it already exists", Current: current}
	}
	if len(o.IfMatch) == 0 {
		return nil
	}
	for _, version := range o.IfMatch {
		if current != "" && (version == "*" || version == current) {
			return nil
		}
	}
	message := "it does not exist"
	if current != "" {
		message = fmt.Sprintf("its version is %q, not %.100q", current, strings.Join(o.IfMatch, ", "))
	}
	return &api.Error{Code: api.PreconditionFailed, Message: message, Current: current}
}
