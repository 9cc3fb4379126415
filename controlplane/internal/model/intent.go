package model

// Intent says who wants to change what, and why.
type Intent struct {
	Environment  string // "" for what belongs to no environment: tokens and webhooks
	Action, Key  string // for the audit
	By, Reason   string
	OnBehalfOf   string // for whom By makes the change; "" for itself
	Token        string // the id of the token with which the change is made; "" for none
	AllowMissing bool   // gates may name segments and parents that don't exist yet
	DryRun       bool   // the draft is checked, but not written
	Urgent       bool   // it may use the reserve of a full store
}
