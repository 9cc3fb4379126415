"""Times that a program gives, in seconds."""

from __future__ import annotations

FOR_EVER = 100 * 365 * 86_400.0  # as good as that, and clocks and timers can bear it


def seconds(name: str, given: float) -> float:
    """A time as clocks and timers bear it."""
    if given != given:  # NaN
        raise ValueError(f"{name} is {given}; it is a number of seconds")
    return min(given, FOR_EVER)


def between(name: str, given: float) -> float:
    """The time between two rounds of something. With none it would never rest."""
    if not given > 0:
        raise ValueError(f"{name} is {given} seconds; it must be above 0")
    return seconds(name, given)
