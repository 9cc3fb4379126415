package api

import "time"

// UsageHistory says how often a flag was evaluated over time.
type UsageHistory struct {
	By     string       `json:"by"`     // hour or day, in UTC
	From   time.Time    `json:"from"`   // when the first begins
	Counts []UsageCount `json:"counts"` // oldest first, without gaps; the last is under way
}

// UsageCount says how often a flag was evaluated in an hour or a day.
type UsageCount struct {
	Time time.Time `json:"time"` // when it begins
	On   int64     `json:"on"`
	Off  int64     `json:"off"`
	Rest int64     `json:"rest,omitempty"` // by hosts that don't say whether the flag was on
}

// UsageIndex says which flags of an environment are in use, for a list.
type UsageIndex struct {
	Time  time.Time                 `json:"time"`  // of the answer, which may be half a minute old
	Flags map[string]UsageIndexFlag `json:"flags"` // those that were evaluated, or are stale
}

// UsageIndexFlag is what a list shows of a flag's usage.
type UsageIndexFlag struct {
	LastEvaluated time.Time `json:"last_evaluated,omitzero"`
	Evaluations   int64     `json:"evaluations_24h,omitempty"` // in the last 24 hours, the one under way included
	Spark         string    `json:"spark,omitempty"`           // of those hours: all/on, oldest first, such as 0,12/3,20; the busiest has 20 if there are more
	Stale         bool      `json:"stale,omitempty"`
}
