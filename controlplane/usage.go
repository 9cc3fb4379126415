package controlplane

import "time"

// FlagUsage is a host's report about one flag.
type FlagUsage struct {
	Flag  string
	Last  time.Time // of its last evaluation
	Count int64     // evaluations since the host's last report
}
