package engine

// The limits bound what a decision may cost. Each is far above what users were seen to need, and low enough that the
// worst input stays cheap. The validator of the authoring model refuses whatever is past them with a clear error, and
// Load checks them again.
const (
	MaxSnapshotBytes = 32 << 20 // 10,000 flags with 20 actors each take 3 MB, one flag of 100,000 actors 1.6 MB
	MaxFlags         = 100_000  // the index and the records then take about 12 MB
	MaxSegments      = 10_000
	MaxNameBytes     = 1024 // of a key, target, attribute or variant name; hashing a flag's key then takes at most 17 SHA-256 blocks

	MaxTargets       = 100_000 // actor gates of one flag, and group gates of one flag: 2 MB of slots
	MaxRules         = 1_000   // rule and segment gates of one flag
	MaxConstraints   = 100     // of one rule
	MaxValues        = 10_000  // of one constraint; they are compared one by one
	MaxValueBytes    = 65_536  // of one value, so that comparing numeric strings stays below a millisecond
	MaxVariants      = 256     // of one flag
	MaxPayloadBytes  = 65_536  // of one variant
	MaxPrerequisites = 256     // gates of one flag
	MaxReachable     = 256     // distinct flags that one decision may visit; a chain of 256 fits the module's 64 KB stack
	MaxSchedules     = 64      // windows of one flag

	// MaxItems bounds each of a snapshot's tables (rules, constraints, values, variants, prerequisites, windows,
	// programs, instructions, ranges); MaxSlots bounds its slots. With all of them full, tables and bytes together
	// stay below half of the module's 1 GiB.
	MaxItems = 2_000_000
	MaxSlots = 1 << 22

	MaxPatternBytes        = 1_024
	MaxPatternInstructions = 512    // a position of the text then costs at most 512 steps
	MaxPatternRanges       = 16_384 // integers; the largest Unicode class has about 1,500

	MaxSteps      = 1 << 20 // of one decision: about 4 ms; ".*part.*" over 64 KB of text takes a quarter of them
	MaxGroups     = 256     // of one input
	MaxAttributes = 256     // of one input

	// maxProbe bounds a chain in a table. Random keys reach about 60 at the tables' load. Only keys made to collide
	// get this far, and Load refuses them rather than become quadratic.
	maxProbe = 4096
)
