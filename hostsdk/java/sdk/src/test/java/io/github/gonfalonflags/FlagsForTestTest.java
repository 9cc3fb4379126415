package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FlagsForTestTest {
    private final FlagsForTest flags = new FlagsForTest();

    @Test
    void flagsAreWhatTheTestSays() {
        flags.enable("on");
        flags.enable("staff", Target.forGroup("staff"));
        flags.enable("ada", Target.forActor("ada"));
        flags.disable("ada", Target.forActor("bob"));
        flags.enable("child", Target.requires("on"));
        flags.enable("child");
        flags.serve("hero", "blue", Map.of("hex", "#00f"));
        assertTrue(flags.enabled("on"));
        assertTrue(flags.enabled("staff", Context.of("cy").inGroups("staff")));
        assertFalse(flags.enabled("staff", "cy"));
        assertTrue(flags.enabled("ada", "ada"));
        assertFalse(flags.enabled("ada", "bob"));
        assertTrue(flags.enabled("child"));
        assertEquals("blue", flags.variant("hero", "cy"));
        assertEquals(Map.of("hex", "#00f"), flags.payloadObject("hero", "cy", Map.of()));
        flags.disable("on");
        assertFalse(flags.enabled("child"));
        assertEquals(Reason.PREREQUISITE, flags.decide("child", "cy").reason());
        assertEquals(List.of("ada", "child", "hero", "on", "staff"), flags.keys());
    }

    @Test
    void sharesAreThoseOfTheEngine() {
        flags.enable("half", Target.forPercentageOfActors(0.5));
        flags.enable("always", Target.forPercentageOfTime(0.9999));
        for (int i = 0; i < 100; i++) {
            String actor = "user:" + i;
            assertEquals(Gonfalon.score("half", actor).getAsDouble() <= 0.5, flags.enabled("half", actor));
        }
        assertTrue(flags.enabled("always", Context.of("ada").roll(7)));
        assertThrows(IllegalArgumentException.class, () -> flags.enable("half", Target.forPercentageOfActors(1)));
    }

    @Test
    void manyActorsMakeALargeTable() {
        for (int i = 0; i < 40; i++) {
            flags.enable("listed", Target.forActor("user:" + i));
            assertTrue(flags.enabled("listed", "user:" + i));
        }
    }

    @Test
    void aChangeIsUndoneWhenItIsClosed() {
        flags.enable("new_checkout");
        try (FlagsForTest.Change killed = flags.kill("new_checkout")) {
            assertFalse(flags.enabled("new_checkout"), String.valueOf(killed));
        }
        assertTrue(flags.enabled("new_checkout"));
        flags.clear();
        assertEquals(List.of(), flags.keys());
    }

    @Test
    void whatIsRefusedChangesNothing() {
        assertThrows(LoadException.class, () -> flags.enable("k".repeat(2000))); // no flag has this key
        flags.enable("a");
        assertTrue(flags.enabled("a"));
        assertEquals(List.of("a"), flags.keys());
    }

    @Test
    void otherFlagsComeFromTheBase() {
        FlagsForTest layered = new FlagsForTest(Repository.compile(
                "flags: [{key: a, gates: [{type: boolean, enabled: true}]}, {key: b, gates: [{type: boolean, enabled: true}]}]"));
        layered.disable("b");
        layered.enable("c");
        assertEquals(List.of(true, false, true),
                List.of(layered.enabled("a"), layered.enabled("b"), layered.enabled("c")));
        assertEquals(List.of("a", "b", "c"), layered.keys());
        assertEquals(3, layered.decideAll("ada").size());
    }

    @Test
    void listenersHearOfChanges() {
        List<Event> heard = new ArrayList<>();
        flags.subscribe(heard::add);
        flags.enable("a");
        flags.unload();
        assertTrue(flags.enabled("a", null, true), "nothing is loaded");
        assertEquals(Set.of("a"), ((FlagsChanged) heard.get(0)).flags());
        assertEquals(State.NOT_READY, ((StateChanged) heard.get(1)).state());
        flags.enable("b");
        assertEquals(State.READY, flags.state());
    }
}
