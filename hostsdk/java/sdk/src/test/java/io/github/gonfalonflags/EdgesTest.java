package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EdgesTest {
    @Test
    void aScheduleThatOpensAndClosesIsAnEvent() throws Exception {
        Instant opens = Instant.now().plusMillis(3000);
        byte[] snapshot = Repository.compile("flags:\n"
                + "  - key: sale\n    gates: [{type: schedule, from: '" + opens + "', until: '" + opens.plusMillis(1500) + "'}]\n"
                + "  - key: banner\n    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: sale, enabled: true}]\n");
        try (Gonfalon flags = Gonfalon.connect(new Options().bootstrap(snapshot))) {
            BlockingQueue<Event> events = new LinkedBlockingQueue<>();
            flags.subscribe(events::add);
            assertFalse(flags.enabled("banner"));
            for (int i = 0; i < 2; i++) {
                FlagsChanged change = (FlagsChanged) events.poll(10, TimeUnit.SECONDS);
                assertEquals(Set.of("banner", "sale"), change.flags());
            }
            assertFalse(flags.enabled("sale"), "it is closed again");
            assertNull(events.poll(50, TimeUnit.MILLISECONDS));
        }
        assertTrue(Records.hasSchedules(snapshot));
    }

    @Test
    void passedEdgesNameTheFlagsThatRequireThem() {
        byte[] snapshot = Repository.compile("flags:\n"
                + "  - key: sale\n    gates: [{type: schedule, from: '2030-01-01T00:00:00Z'}]\n"
                + "  - key: banner\n    gates: [{type: prerequisite, target: sale, enabled: true}]\n"
                + "  - key: other\n    gates: [{type: boolean, enabled: true}]\n");
        Schedules schedules = new Schedules(snapshot);
        long edge = Context.micros(Instant.parse("2030-01-01T00:00:00Z"));
        assertEquals(edge, schedules.next(0).getAsLong());
        assertTrue(schedules.next(edge).isEmpty());
        assertEquals(Set.of("banner", "sale"), schedules.passed(edge - 1, edge));
        assertEquals(Set.of(), schedules.passed(edge, edge + 1));
    }
}
