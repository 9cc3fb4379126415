package reference

// Library is one of the two libraries. They keep flags alike, under other names.
type Library string

// These are the libraries, named as the command line names them.
const (
	Bandera      Library = "bandera"
	FunWithFlags Library = "fun_with_flags"
)

// Name returns the library's own spelling.
func (l Library) Name() string {
	if l == Bandera {
		return "Bandera"
	}
	return "FunWithFlags"
}

// Conflict returns what the library does with an actor in an allowed and in a denied group.
func (l Library) Conflict() Conflict {
	if l == Bandera {
		return AllowWins
	}
	return DenyWins
}

// Table returns the table's usual name.
func (l Library) Table() string {
	if l == Bandera {
		return "bandera_flags"
	}
	return "fun_with_flags_toggles"
}

// NoTarget returns what stands in the column target of a gate without one.
func (l Library) NoTarget() string {
	if l == Bandera {
		return "_bandera_none"
	}
	return "_fwf_none"
}

// Hash returns the key of a flag's hash in Redis.
func (l Library) Hash(flag string) string {
	if l == Bandera {
		return "bandera:flag:" + flag
	}
	return "fun_with_flags:" + flag
}

// Names returns the key of the set of names in Redis.
func (l Library) Names() string {
	if l == Bandera {
		return "bandera:flag_names"
	}
	return "fun_with_flags"
}

// Channel returns the channel of Redis on which the library tells other nodes of a change, if it is set up to.
func (l Library) Channel() string {
	if l == Bandera {
		return "bandera:changes"
	}
	return "fun_with_flags_changes"
}
