package api

// Reload says what came of reading a server's settings again.
type Reload struct {
	Changed      []SettingChange `json:"changed"`       // took effect at once
	NeedsRestart []SettingChange `json:"needs_restart"` // differ, and take effect at the next start
}

// SettingChange is a setting that differs from what the server runs with. A secret is shown as "(set)".
type SettingChange struct {
	Setting string `json:"setting"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Why     string `json:"why,omitempty"` // why it needs a restart
}
