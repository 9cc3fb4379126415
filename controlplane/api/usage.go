package api

import "time"

// Usage is a host's report of the evaluations since its last report, by flag.
type Usage struct {
	Flags map[string]FlagUsage `json:"flags"`
}

// FlagUsage is a report about one flag.
type FlagUsage struct {
	Count int64     `json:"count"`
	Last  time.Time `json:"last"`
}
