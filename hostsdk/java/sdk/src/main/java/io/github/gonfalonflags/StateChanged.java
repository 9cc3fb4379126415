package io.github.gonfalonflags;

/** The client's state is another one. */
public final class StateChanged implements Event {
    private final State state;
    private final State previous;
    private final String error;

    StateChanged(State state, State previous, String error) {
        this.state = state;
        this.previous = previous;
        this.error = error;
    }

    /** Returns the state. */
    public State state() {
        return state;
    }

    /** Returns the state before. */
    public State previous() {
        return previous;
    }

    /** Returns what is wrong with the source; null if nothing is. */
    public String error() {
        return error;
    }

    @Override
    public String toString() {
        return state + ", was " + previous + (error == null ? "" : ": " + error);
    }
}
