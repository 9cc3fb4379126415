package io.github.gonfalonflags.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gonfalonflags.Context;
import io.github.gonfalonflags.Flags;
import io.github.gonfalonflags.FlagsForTest;
import io.github.gonfalonflags.Target;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithFlag("everywhere")
@WithFlag(value = "hero", variant = "red")
class GonfalonExtensionTest {
    private FlagsForTest before;

    @BeforeEach
    void keep(FlagsForTest flags) {
        before = flags;
    }

    @Test
    void aTestHasItsOwnFlags(FlagsForTest flags) {
        assertSame(before, flags);
        flags.enable("new_checkout", Target.forGroup("staff"));
        assertTrue(flags.enabled("new_checkout", Context.of("user:3").inGroups("staff")));
        flags.disable("everywhere");
    }

    @Test
    void noOtherTestSeesThem(Flags flags) {
        assertFalse(flags.enabled("new_checkout", Context.of("user:3").inGroups("staff")));
        assertTrue(flags.enabled("everywhere"));
    }

    @Test
    @WithFlag(value = "everywhere", enabled = false)
    @WithFlag(value = "hero", variant = "blue")
    void theNearestAnnotationCounts(Flags flags) {
        assertFalse(flags.enabled("everywhere"));
        assertEquals("blue", flags.variant("hero", "user:3"));
    }

    @Test
    @WithSnapshot("../../../engine/snapshot/testdata/golden/groups.snapshot")
    void otherFlagsComeFromASnapshot(Flags flags) {
        assertTrue(flags.keys().contains("everywhere"));
        assertTrue(flags.keys().contains("groups"), flags.keys().toString());
    }
}
