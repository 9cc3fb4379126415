package main

import (
	"strconv"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	evaluation "github.com/launchdarkly/go-server-sdk-evaluation/v3"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

// launchdarklyFlags returns the workloads' flags. Variation 0 is on, 1 is off.
func launchdarklyFlags() []ldmodel.FeatureFlag {
	yes, no := ldvalue.Bool(true), ldvalue.Bool(false)
	listed := make([]string, workload.Listed)
	for i := range listed {
		listed[i] = workload.User(i)
	}
	var all []ldmodel.FeatureFlag
	for kind := range workload.Kinds {
		for i := range flags / workload.Kinds {
			key := workload.Key(kind, i)
			b := ldbuilders.NewFlagBuilder(key).On(true).Version(1).Salt("salt"+strconv.Itoa(i)).Variations(yes, no).OffVariation(1)
			switch kind {
			case 0:
				b.FallthroughVariation(0)
			case 1:
				b.AddTarget(0, listed...).FallthroughVariation(1)
			case 2:
				b.Fallthrough(ldbuilders.Rollout(ldbuilders.Bucket(0, 25_000), ldbuilders.Bucket(1, 75_000)))
			case 3:
				b.AddRule(ldbuilders.NewRuleBuilder().ID("rule").Clauses(
					ldbuilders.Clause("country", ldmodel.OperatorIn, ldvalue.String("DE")),
					ldbuilders.Clause("age", ldmodel.OperatorGreaterThanOrEqual, ldvalue.Int(18)),
					ldbuilders.Clause("plan", ldmodel.OperatorIn, ldvalue.String("pro"), ldvalue.String("team"), ldvalue.String("enterprise")),
				).VariationOrRollout(ldbuilders.Rollout(ldbuilders.Bucket(0, 50_000), ldbuilders.Bucket(1, 50_000)))).FallthroughVariation(1)
			case 4:
				b.Variations(ldvalue.String("blue"), ldvalue.String("green"), ldvalue.String("red"), ldvalue.String("white")).OffVariation(3).
					Fallthrough(ldbuilders.Rollout(ldbuilders.Bucket(0, 40_000), ldbuilders.Bucket(1, 30_000), ldbuilders.Bucket(2, 20_000), ldbuilders.Bucket(3, 10_000)))
			}
			all = append(all, b.Build())
		}
	}
	return all
}

func launchdarklyContexts() []ldcontext.Context {
	contexts := make([]ldcontext.Context, users)
	for i := range contexts {
		contexts[i] = ldcontext.NewBuilder(workload.User(i)).SetInt("age", 34).SetBool("beta", true).SetString("country", "DE").SetString("email", "jo@example.com").SetString("plan", "team").Build()
	}
	return contexts
}

// launchdarklyFlagsByKey answers when an evaluator asks for other flags: there are none.
type launchdarklyFlagsByKey map[string]*ldmodel.FeatureFlag

func (f launchdarklyFlagsByKey) GetFeatureFlag(key string) *ldmodel.FeatureFlag { return f[key] }
func (f launchdarklyFlagsByKey) GetSegment(string) *ldmodel.Segment             { return nil }

// launchdarklyEvaluator is the evaluator alone, with a map of flags.
func launchdarklyEvaluator(string) (*library, error) {
	byKey := launchdarklyFlagsByKey{}
	all := launchdarklyFlags()
	for i := range all {
		byKey[all[i].Key] = &all[i]
	}
	e, contexts := evaluation.NewEvaluator(byKey), launchdarklyContexts()
	return &library{
		flags: flags, close: func() {},
		ask: func(kind int, key string, user int) (bool, string) {
			r := e.Evaluate(byKey[key], contexts[user], nil)
			if kind == 4 {
				return true, r.Detail.Value.StringValue()
			}
			return r.Detail.Value.BoolValue(), ""
		},
		all: func(user int) int {
			for i := range all {
				e.Evaluate(&all[i], contexts[user], nil)
			}
			return len(all)
		},
	}, nil
}

func launchdarklySDK(string) (*library, error) {
	source := ldtestdata.DataSource()
	for _, f := range launchdarklyFlags() {
		source.UsePreconfiguredFlag(f)
	}
	c, err := ld.MakeCustomClient("sdk-key", ld.Config{DataSource: source, Events: ldcomponents.NoEvents(), Logging: ldcomponents.NoLogging(), DiagnosticOptOut: true}, 10*time.Second)
	if err != nil {
		return nil, err
	}
	contexts := launchdarklyContexts()
	return &library{
		flags: flags, close: func() { c.Close() },
		ask: func(kind int, key string, user int) (bool, string) {
			if kind == 4 {
				v, _ := c.StringVariation(key, contexts[user], "")
				return true, v
			}
			v, _ := c.BoolVariation(key, contexts[user], false)
			return v, ""
		},
		all: func(user int) int {
			s := c.AllFlagsState(contexts[user])
			if !s.IsValid() || s.GetValue(workload.Key(0, 0)).IsNull() || s.GetValue(workload.Key(4, flags/workload.Kinds-1)).IsNull() {
				return 0
			}
			return flags
		},
	}, nil
}
