package engine

// budget counts the work of one decision in steps, of about 4 ns each. The counts depend on nothing but the snapshot and
// the input, so each host runs out at the same place.
// Why: RATIONALE.md "Why does a decision have a limit of steps?"
type budget struct{ steps int32 }

// take counts steps, which are fewer than 2^30.
func (b *budget) take(steps int32) {
	if b.steps <= MaxSteps { // so that it can't overflow
		b.steps += steps
	}
}

// spent reports whether the decision has taken more steps than it may. From then on nothing holds.
func (b *budget) spent() bool { return b.steps > MaxSteps }

// few is how many values, or bytes, are compared without being counted: an ordinary comparison costs nothing to count.
const few = 64

// takeBytes counts the comparison of two texts of this length, which goes by words.
func (b *budget) takeBytes(n int) {
	if n > few {
		b.take(int32(n >> 4))
	}
}

// takeValues counts a look at some values.
func (b *budget) takeValues(n int) {
	if n > few {
		b.take(int32(n >> 3))
	}
}

// takeNumbers counts the comparison of two numbers. An integer beyond int64 is compared digit by digit, and with a float
// by multiplying it out.
func (b *budget) takeNumbers(x, y *number) {
	if x.kind != kindInteger && y.kind != kindInteger {
		return
	}
	digits := len(x.text)
	if x.kind != kindInteger {
		digits = 0
	}
	if y.kind == kindInteger {
		digits += len(y.text)
	}
	b.take(int32(digits>>3) + 1)
	if x.kind == kindFloat || y.kind == kindFloat {
		digits = min(digits, 309)
		b.take(int32(digits * digits >> 6))
	}
}
