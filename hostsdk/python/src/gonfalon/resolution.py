"""A flag's one value, as OpenFeature and every SDK have it: the table "Values" of hostsdk/README.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .context import ContextError
from .decision import Decision, Gate, Reason

_REASONS = {Reason.STATIC: "STATIC", Reason.TARGETING_MATCH: "TARGETING_MATCH", Reason.SPLIT: "SPLIT"}


@dataclass(frozen=True, slots=True)
class Resolution:
    """``value`` None is the caller's default. ``reason`` and ``error`` are OpenFeature's words; no error is empty."""

    value: Any
    variant: str | None
    reason: str
    error: str = ""


def resolve(decision: Decision) -> Resolution:
    """The value that a decision gives its flag. The first row that fits."""
    variant = decision.variant
    if isinstance(decision.error, ContextError):
        return Resolution(None, None, "ERROR", "INVALID_CONTEXT")
    if decision.error is not None:
        return Resolution(None, None, "ERROR", "GENERAL")
    if decision.reason == Reason.NOT_READY:
        return Resolution(None, None, "ERROR", "PROVIDER_NOT_READY")
    if not decision.known:
        return Resolution(None, None, "ERROR", "FLAG_NOT_FOUND")
    if variant is not None:
        value = decision.payload if decision.has_payload else variant
        return Resolution(value, variant, "STATIC" if decision.killed else "SPLIT")
    if decision.has_variants:
        return Resolution(None, None, "DISABLED" if decision.killed else "DEFAULT")
    if decision.killed:
        return Resolution(False, "off", "STATIC")
    return Resolution(decision.enabled, "on" if decision.enabled else "off", _REASONS.get(decision.reason, "DEFAULT"))


def metadata(decision: Decision, stale: bool = False) -> dict[str, bool | int | float | str]:
    """What else there is to say about a decision, where it applies."""
    found: dict[str, bool | int | float | str] = {}
    if decision.known:
        found["enabled"] = decision.enabled
    if decision.gate is not Gate.NONE:
        found["gate"] = decision.path
    if decision.revision is not None:
        found["revision"] = decision.revision
    if decision.killed:
        found["killed"] = True
    if stale:
        found["stale"] = True
    return found
