package controlplane_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// These are the operations of admins on one flag, modelled as a register: its description, and whether it exists.
type (
	operation struct {
		flag        string
		kind        string // read, put, create, swap, delete
		description string // of put, create and swap
		version     string // of swap: what was read before
	}
	answer struct {
		code        api.Code
		description string // of read
		version     string // of read, put, create and swap
	}
	register struct{ there, description, version string }
)

// flagModel is the behaviour of a linearizable control plane for one flag.
var flagModel = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byFlag := map[string][]porcupine.Operation{}
		for _, o := range history {
			flag := o.Input.(operation).flag
			byFlag[flag] = append(byFlag[flag], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range byFlag {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() []any { return []any{register{}} },
	Step: func(state, input, output any) []any {
		is, in, out := state.(register), input.(operation), output.(answer)
		after := register{"yes", in.description, out.version}
		switch {
		case in.kind == "read" && is.there == "":
			if out.code == api.NotFound {
				return []any{is}
			}
		case in.kind == "read":
			if out.code == "" && out.description == is.description && out.version == is.version {
				return []any{is}
			}
		case in.kind == "delete" && is.there == "":
			if out.code == api.NotFound {
				return []any{is}
			}
		case in.kind == "delete":
			if out.code == "" {
				return []any{register{}}
			}
		case in.kind == "create" && is.there != "", in.kind == "swap" && is.version != in.version:
			if out.code == api.PreconditionFailed {
				return []any{is}
			}
		default: // every write has a description of its own, and so changes something
			if out.code == "" {
				return []any{after}
			}
		}
		return nil
	},
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%+v → %+v", input, output)
	},
}

// TestAdminWritesAndReadsAreLinearizable lets several admins work on the same few flags, on several replicas.
func TestAdminWritesAndReadsAreLinearizable(t *testing.T) {
	store := embedded(t, t.TempDir())
	var replicas []*controlplane.Service
	for range 3 {
		replicas = append(replicas, open(t, controlplane.Config{Store: store}))
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	for client := range 6 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(client)))
			s := replicas[client%len(replicas)]
			versions := map[string]string{}
			for n := range 40 {
				in := operation{flag: fmt.Sprint("f", random.IntN(3)), description: fmt.Sprint(client, "-", n)}
				in.kind = []string{"read", "read", "put", "create", "swap", "delete"}[random.IntN(6)]
				in.version = versions[in.flag]
				if in.kind == "swap" && in.version == "" {
					in.kind = "read"
				}
				o := porcupine.Operation{ClientId: client, Input: in, Call: time.Now().UnixNano()}
				out := do(t, s, in)
				o.Output, o.Return = out, time.Now().UnixNano()
				versions[in.flag] = out.version
				mu.Lock()
				history = append(history, o)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	model := flagModel.ToModel()
	if result := porcupine.CheckOperationsTimeout(model, history, time.Minute); result != porcupine.Ok {
		t.Errorf("the history is %v", result)
	}
}

func do(t *testing.T, s *controlplane.Service, in operation) answer {
	ctx := t.Context()
	o := controlplane.WriteOptions{By: "ada"}
	switch in.kind {
	case "read":
		f, err := s.GetFlag(ctx, env, in.flag)
		return answer{code: expected(t, err, api.NotFound), description: f.Description, version: f.Version}
	case "delete":
		_, err := s.DeleteFlag(ctx, env, in.flag, o)
		return answer{code: expected(t, err, api.NotFound)}
	case "create":
		o.IfAbsent = true
	case "swap":
		o.IfMatch = []string{in.version}
	}
	r, err := s.PutFlag(ctx, env, flagset.Flag{Key: in.flag, Description: in.description}, o)
	return answer{code: expected(t, err, api.PreconditionFailed), version: r.Flag.Version}
}

func expected(t *testing.T, err error, code api.Code) api.Code {
	if got := controlplane.CodeOf(err); got != "" && got != code {
		t.Errorf("got %v", err)
	}
	return controlplane.CodeOf(err)
}
