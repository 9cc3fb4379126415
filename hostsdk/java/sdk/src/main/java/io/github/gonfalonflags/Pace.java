package io.github.gonfalonflags;

import java.time.Duration;

/** How patient a client is. The usual values are every SDK's; tests have less time. */
final class Pace {
    Duration backoff = Duration.ofMillis(500); // before the first new attempt; doubled each time
    Duration longest = Duration.ofSeconds(30); // between two attempts
    Duration usage = Duration.ofSeconds(60); // between two reports
    Duration farewell = Duration.ofSeconds(2); // for the last report, on close
    Duration silence = Duration.ofSeconds(45); // three heartbeats without a byte are a lost connection
    Duration timeout = Duration.ofSeconds(10); // for anything else that the network can keep waiting, and a whole report
    Duration patience = Duration.ofSeconds(32); // for a whole snapshot: 32 MiB at 1 MiB a second
    Duration look = Duration.ofSeconds(1); // between two looks at a file
    Duration telling = Duration.ofSeconds(2); // within which a host tells that another revision serves
    Duration pause = Duration.ofSeconds(5); // between two such reports, at least
}
