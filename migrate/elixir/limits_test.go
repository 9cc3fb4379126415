package elixir

// Lower lowers the limits until the returned function is called.
func Lower(gates, bytes int64) (restore func()) {
	before := limits
	limits.gates, limits.bytes = gates, bytes
	return func() { limits = before }
}
