package main

// maskForms is how many ways masks can compare a mask with zero.
const maskForms = 32

// masks compares x&y with zero and branches on it: every comparison, zero on
// either side, as numbers of 32 and 64 bits, with and without a sign.
//
//go:wasmexport masks
func masks(form int32, x, y uint64) int32 {
	switch form / 8 {
	case 0:
		return compareMask(form%8, int32(x), int32(y))
	case 1:
		return compareMask(form%8, uint32(x), uint32(y))
	case 2:
		return compareMask(form%8, int64(x), int64(y))
	}
	return compareMask(form%8, x, y)
}

func compareMask[T int32 | uint32 | int64 | uint64](form int32, x, y T) int32 {
	switch form {
	case 0:
		if 0 < x&y {
			return 1
		}
	case 1:
		if 0 > x&y {
			return 1
		}
	case 2:
		if 0 <= x&y {
			return 1
		}
	case 3:
		if 0 >= x&y {
			return 1
		}
	case 4:
		if x&y < 0 {
			return 1
		}
	case 5:
		if x&y > 0 {
			return 1
		}
	case 6:
		if x&y <= 0 {
			return 1
		}
	default:
		if x&y >= 0 {
			return 1
		}
	}
	return 2
}
