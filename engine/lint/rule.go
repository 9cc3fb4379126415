package lint

import "slices"

// Rule is one thing that is looked for.
type Rule struct {
	ID    string // as findings name it
	Level Level
	Title string // what a finding says in general
	Why   string // what goes wrong
	Mend  string
	Bad   string // a document with a finding of this rule
	Good  string // the same, mended
}

// These are the rules' names.
const (
	Invalid          = "invalid"
	Doubtful         = "doubtful"
	DeadGate         = "dead-gate"
	ShadowedGate     = "shadowed-gate"
	NeverHolds       = "never-holds"
	NeverOn          = "never-on"
	SmallShare       = "small-share"
	SameScore        = "same-score"
	MultipliedShares = "multiplied-shares"
	MissingAttribute = "missing-attribute"
	LoosePattern     = "loose-pattern"
	NeedlessPattern  = "needless-pattern"
	MixedNumbers     = "mixed-numbers"
	PastSchedule     = "past-schedule"
	StaleFlag        = "stale-flag"
	LongKilled       = "long-killed"
	UnknownOwner     = "unknown-owner"
	UnusedSegment    = "unused-segment"
)

// Rules returns all rules, the worst first.
func Rules() []Rule { return slices.Clone(rules) }

// RuleOf returns the rule of this name.
func RuleOf(id string) (Rule, bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

func levelOf(id string) Level {
	r, _ := RuleOf(id)
	return r.Level
}

var rules = []Rule{
	{
		ID: Invalid, Level: Error, Title: "The control plane would refuse it",
		Why:  "A file that can't be imported blocks every other change in it.",
		Mend: "Do what the finding says; the limits are those of the reference of flags.yaml.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: percentage_of_actors, ratio: 1.5}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: percentage_of_actors, ratio: 0.5}]\n",
	},
	{
		ID: Doubtful, Level: Warning, Title: "The control plane would warn of it",
		Why:  "It means something else than it seems to: versions and times compared as text, an integer that most languages round, a list that no value equals.",
		Mend: "Do what the finding says.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: app, operator: gte, values: [1.10.0]}]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: app, operator: semver_gte, values: [1.10.0]}]}]\n",
	},
	{
		ID: DeadGate, Level: Warning, Title: "A gate that decides nothing",
		Why:  "Whoever reads the flag thinks that the gate does something.",
		Mend: "Remove it.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: actor, target: user:7, enabled: false}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: actor, target: user:7, enabled: false}, {type: boolean, enabled: true}]\n",
	},
	{
		ID: ShadowedGate, Level: Warning, Title: "A gate that another one makes needless",
		Why:  "Changing it changes nobody, which is found out at the worst moment.",
		Mend: "Remove it, or what grants everything that it grants.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: boolean, enabled: true}, {type: percentage_of_actors, ratio: 0.1}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: percentage_of_actors, ratio: 0.1}]\n",
	},
	{
		ID: NeverHolds, Level: Warning, Title: "Constraints that no context meets",
		Why:  "All constraints of a rule must hold. Two that exclude each other turn on nobody.",
		Mend: "Write the values into one list, or two ranges into two flags.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: plan, operator: eq, values: [pro]}, {attribute: plan, operator: eq, values: [team]}]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: plan, operator: in, values: [pro, team]}]}]\n",
	},
	{
		ID: NeverOn, Level: Warning, Title: "A prerequisite that keeps the flag off for everybody",
		Why:  "The flag's own gates are looked at only if each of its prerequisites is met.",
		Mend: "Turn the parent on, or remove the prerequisite.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: payments}]\n  - key: payments\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: payments}]\n  - key: payments\n    gates: [{type: boolean, enabled: true}]\n",
	},
	{
		ID: SmallShare, Level: Warning, Title: "A share below what a score can show",
		Why:  "An actor's score is one of 65,536 places, and chance draws one of 10,000 numbers. A smaller share is rounded: to one place of actors, to none of the time.",
		Mend: "Name a few actors instead, or take a larger share.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: percentage_of_time, ratio: 0.00005}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: percentage_of_time, ratio: 0.005}]\n",
	},
	{
		ID: SameScore, Level: Warning, Title: "A rollout that never meets one of the variants",
		Why:  "A flag's share and its variants go by the same score. Those for whom a quarter is on are the ones with the lowest scores, and all of them are in the first half of the variants.",
		Mend: "Put the share into a flag of its own, and require that: another flag draws other scores.",
		Bad:  "flags:\n  - key: hero\n    gates: [{type: percentage_of_actors, ratio: 0.25}, {type: variant, variants: [{name: a, weight: 1}, {name: b, weight: 1}]}]\n",
		Good: "flags:\n  - key: hero\n    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: hero_rollout}, {type: variant, variants: [{name: a, weight: 1}, {name: b, weight: 1}]}]\n  - key: hero_rollout\n    gates: [{type: percentage_of_actors, ratio: 0.25}]\n",
	},
	{
		ID: PastSchedule, Level: Warning, Title: "A schedule that is over, or that stays open",
		Why:  "It decides the same for ever, and hides that the flag has done its work.",
		Mend: "Remove the gate, or enable the boolean gate instead.",
		Bad:  "flags:\n  - key: sale\n    gates: [{type: schedule, from: 2020-11-27T00:00:00Z, until: 2020-12-01T00:00:00Z}]\n",
		Good: "flags:\n  - key: sale\n    gates: [{type: schedule, from: 2099-11-27T00:00:00Z, until: 2099-12-01T00:00:00Z}]\n",
	},
	{
		ID: StaleFlag, Level: Warning, Title: "A flag that nobody asks for any more",
		Why:  "Dead code behind a flag is read, tested and broken like any other.",
		Mend: "Remove it from the code and delete it, or mark it as permanent.",
	},
	{
		ID: LongKilled, Level: Warning, Title: "A flag that has been killed for long",
		Why:  "A kill is for an incident. What stays killed is forgotten, and revived by accident.",
		Mend: "Revive it, or delete it with the code behind it.",
	},
	{
		ID: UnknownOwner, Level: Warning, Title: "A flag without an owner who is there",
		Why:  "Somebody has to be asked before it is removed.",
		Mend: "Name one of the owners.",
	},
	{
		ID: MultipliedShares, Level: Note, Title: "Two shares that multiply",
		Why:  "Each flag draws its own share, so half of a half is a quarter, and not the same half.",
		Mend: "Give only one of the two flags a share.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: percentage_of_actors, ratio: 0.5}, {type: prerequisite, target: payments}]\n  - key: payments\n    gates: [{type: percentage_of_actors, ratio: 0.5}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: payments}]\n  - key: payments\n    gates: [{type: percentage_of_actors, ratio: 0.5}]\n",
	},
	{
		ID: MissingAttribute, Level: Note, Title: "A negative operator on an attribute that may be missing",
		Why:  "A constraint on a missing attribute isn't met, also if it says what the attribute must not be.",
		Mend: "Send the attribute always, or deny a group.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: country, operator: neq, values: [DE]}]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: country, operator: in, values: [AT, CH]}]}]\n",
	},
	{
		ID: LoosePattern, Level: Note, Title: "A pattern that matches more than it seems to",
		Why:  "Without anchors a pattern matches anywhere in the text, and a bare dot any character: acme.com matches evil-acmexcom.org.",
		Mend: `Anchor it with ^ and $, and write \. for a dot.`,
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: mail, operator: matches, values: ['acme.com']}]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: mail, operator: matches, values: ['^[a-z]+@acme\\.com$']}]}]\n",
	},
	{
		ID: NeedlessPattern, Level: Note, Title: "A pattern where a plain operator does",
		Why:  "eq, starts_with and ends_with are read at a glance, and cost less.",
		Mend: "Use the operator that the finding names.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: mail, operator: matches, values: ['@acme\\.com$']}]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: mail, operator: ends_with, values: ['@acme.com']}]}]\n",
	},
	{
		ID: MixedNumbers, Level: Note, Title: "Integers and fractions in one list",
		Why:  "in and not_in compare strictly: 5 isn't 5.0 there.",
		Mend: "Use a range: gte and lte.",
		Bad:  "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: size, operator: in, values: [1, 1.5]}]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: rule, constraints: [{attribute: size, operator: gte, values: [1]}, {attribute: size, operator: lte, values: [1.5]}]}]\n",
	},
	{
		ID: UnusedSegment, Level: Note, Title: "A segment that no flag uses",
		Why:  "Whoever changes it thinks that it changes something.",
		Mend: "Delete it.",
		Bad:  "flags: []\nsegments:\n  - key: adults\n    constraints: [{attribute: age, operator: gte, values: [18]}]\n",
		Good: "flags:\n  - key: checkout\n    gates: [{type: segment, target: adults}]\nsegments:\n  - key: adults\n    constraints: [{attribute: age, operator: gte, values: [18]}]\n",
	},
}
