package engine

// Count is one of the totals in a snapshot's header, numbered as in snapshot/FORMAT.md.
// Why: RATIONALE.md "Why does the header carry counts?"
type Count int32

// These are the counts. Counts is how many there are.
const (
	CountFlags Count = iota
	CountSegments
	CountSlots
	CountRules
	CountConstraints
	CountValues
	CountVariants
	CountPrerequisites
	CountSchedules
	CountPrograms
	CountInstructions
	CountRanges
	Counts
)

// Max returns the most that a snapshot may have of what c counts.
func (c Count) Max() int64 {
	switch c {
	case CountFlags:
		return MaxFlags
	case CountSegments:
		return MaxSegments
	case CountSlots:
		return MaxSlots
	}
	return MaxItems
}
