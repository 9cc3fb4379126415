package io.github.gonfalonflags;

/** The version of the SDK, which the server learns too. */
final class Version {
    static final String VERSION = "0.2.0"; // a test compares it with the pom's

    private Version() {}
}
