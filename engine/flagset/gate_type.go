package flagset

import "slices"

// gateTypes are the ten gate types, in the order in which people meet them.
var gateTypes = [...]GateType{Boolean, Actor, Group, PercentageOfTime, PercentageOfActors, VariantGate, Rule, SegmentGate, Prerequisite, Schedule}

const typesHint = "types are boolean, actor, group, percentage_of_time, percentage_of_actors, variant, rule, segment, prerequisite and schedule"

// GateTypes returns the ten gate types.
func GateTypes() []GateType { return slices.Clone(gateTypes[:]) }

func known(t GateType) bool { return slices.Contains(gateTypes[:], t) }
