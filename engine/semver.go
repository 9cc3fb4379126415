package engine

// version is a semantic version (SemVer 2.0.0) in its parts, without the build, which has no part in precedence.
type version struct{ major, minor, patch, pre string }

// readVersion reads a version. It reports false for anything else: v1.2.3, 1.2 and 01.2.3 are no versions.
func readVersion(s string) (v version, ok bool) {
	i := numberEnd(s, 0)
	j := numberEnd(s, i+1)
	k := numberEnd(s, j+1)
	if i < 0 || j < 0 || k < 0 || s[i] != '.' || s[j] != '.' {
		return v, false
	}
	v = version{s[:i], s[i+1 : j], s[j+1 : k], ""}
	n := int32(len(s))
	if k < n && s[k] == '-' {
		end := k + 1
		for end < n && s[end] != '+' {
			end++
		}
		v.pre = s[k+1 : end]
		if !identifiers(v.pre, true) {
			return v, false
		}
		k = end
	}
	return v, k == n || s[k] == '+' && identifiers(s[k+1:], false)
}

// numberEnd returns where the number that begins at i ends, or −1 if none does. A number has no leading zeros.
func numberEnd(s string, i int32) int32 {
	n := int32(len(s))
	if i < 0 || i >= n || !digit(s[i]) {
		return -1
	}
	start := i
	for i < n && digit(s[i]) {
		i++
	}
	if s[start] == '0' && i > start+1 {
		return -1
	}
	return i
}

// identifiers reports whether s is a list of identifiers with dots between them. If strict is set, numbers have no
// leading zeros.
func identifiers(s string, strict bool) bool {
	for {
		id, rest := identifier(s)
		if id == "" || strict && isDigits(id) && len(id) > 1 && id[0] == '0' {
			return false
		}
		for i := range len(id) {
			if c := id[i]; !digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '-' {
				return false
			}
		}
		if len(id) == len(s) {
			return true
		}
		s = rest
	}
}

// identifier splits the first identifier off.
func identifier(s string) (id, rest string) {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

// compareVersions compares two versions by precedence. It reports false if either is no version.
func compareVersions(a, b string) (order int32, ok bool) {
	v, ok := readVersion(a)
	if !ok {
		return 0, false
	}
	w, ok := readVersion(b)
	if !ok {
		return 0, false
	}
	if order = orderDigits(v.major, w.major); order != 0 {
		return order, true
	}
	if order = orderDigits(v.minor, w.minor); order != 0 {
		return order, true
	}
	if order = orderDigits(v.patch, w.patch); order != 0 {
		return order, true
	}
	switch {
	case v.pre == w.pre:
		return 0, true
	case v.pre == "": // a release comes after its pre-releases
		return 1, true
	case w.pre == "":
		return -1, true
	}
	return orderPre(v.pre, w.pre), true
}

// orderPre compares two pre-releases, identifier by identifier: numbers come before names, and a longer list after its
// beginning.
func orderPre(a, b string) int32 {
	for {
		x, restX := identifier(a)
		y, restY := identifier(b)
		order := int32(0)
		switch {
		case isDigits(x) && isDigits(y):
			order = orderDigits(x, y)
		case isDigits(x):
			order = -1
		case isDigits(y):
			order = 1
		default:
			order = orderText(x, y)
		}
		if order != 0 {
			return order
		}
		switch endX, endY := len(x) == len(a), len(y) == len(b); {
		case endX && endY:
			return 0
		case endX:
			return -1
		case endY:
			return 1
		}
		a, b = restX, restY
	}
}

// orderDigits compares two numbers without leading zeros, of any length.
func orderDigits(a, b string) int32 {
	if len(a) != len(b) {
		if len(a) < len(b) {
			return -1
		}
		return 1
	}
	return orderText(a, b)
}
