package stored

// Replica is what a replica says of itself.
type Replica struct {
	Name    string `msgpack:"name"`
	Version string `msgpack:"version,omitempty"` // of its program
	Started int64  `msgpack:"started"`           // Unix microseconds
	Seen    int64  `msgpack:"seen"`
}

// ReplicaKey returns the key of what a replica says of itself.
func ReplicaKey(name string) string { return ReplicaPrefix + name }
