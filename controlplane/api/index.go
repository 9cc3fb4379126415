package api

import "time"

// Index lists all flags of an environment with what a list shows of them.
type Index struct {
	Revision int64       `json:"revision"`
	Flags    []IndexFlag `json:"flags"` // ascending by key
}

// IndexFlag is what a list shows of a flag.
type IndexFlag struct {
	Key               string    `json:"key"`
	State             State     `json:"state"`
	Lead              string    `json:"lead,omitempty"`        // why it is off in spite of its gates, as in Words
	OnFor             []string  `json:"on_for"`                // for whom its gates turn it on, as in Words
	From              string    `json:"from,omitempty"`        // when its schedule opens
	Until             string    `json:"until,omitempty"`       // when its schedule closes
	Description       string    `json:"description,omitempty"` // cut if it is long
	Owner             string    `json:"owner,omitempty"`
	Tags              []string  `json:"tags,omitempty"`
	Permanent         bool      `json:"permanent,omitempty"`
	Revision          int64     `json:"revision"`         // that last changed the flag
	Updated           time.Time `json:"updated,omitzero"` // to the second
	UpdatedBy         string    `json:"updated_by,omitempty"`
	UpdatedOnBehalfOf string    `json:"updated_on_behalf_of,omitempty"` // for whom UpdatedBy made the last change; absent for itself
	Reason            string    `json:"reason,omitempty"`               // of the last change, cut if it is long
}
