package api

import "time"

// Usage is a host's report of the evaluations since its last report, by flag.
type Usage struct {
	Flags map[string]FlagUsage `json:"flags"`
	Host  *HostReport          `json:"host,omitempty"` // who reports; nil if it doesn't say
}

// FlagUsage is a report about one flag.
type FlagUsage struct {
	Count int64     `json:"count"`
	On    *int64    `json:"on,omitempty"` // how often of those it was on; nil if the host doesn't tell
	Last  time.Time `json:"last"`
}
