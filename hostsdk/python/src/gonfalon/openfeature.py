"""The OpenFeature provider.

>>> from openfeature import api
>>> api.set_provider(GonfalonProvider(Gonfalon(endpoint, token)))
>>> api.get_client().get_boolean_value("new_checkout", False, EvaluationContext("user:3", {"plan": "pro"}))

``targeting_key`` is the actor, and ``groups`` are its groups; both stay attributes too (``targetingKey``, ``groups``). A flag
has one value: what its variant carries (or the variant's name), or else whether it is enabled; hostsdk/README.md has the table.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderFatalError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.flag_evaluation import Reason as FlagReason
from openfeature.hook import Hook
from openfeature.provider import AbstractProvider, Metadata

from . import payload
from .context import Who
from .flags import Flags
from .resolution import Resolution, metadata, resolve
from .status import Event, FlagsChanged, State

if TYPE_CHECKING:
    from openfeature.flag_evaluation import FlagMetadata

AFTERWARDS = 0.02  # seconds: initialisation has long ended by then

T = TypeVar("T")


class _Kind(Generic[T]):
    """A type that a value can be asked for, and how to get it."""

    def __init__(self, name: str, convert: Callable[[Any], T | None]) -> None:
        self.name = name
        self.convert = convert


_BOOLEAN = _Kind("a boolean", payload.boolean)
_STRING = _Kind("a string", payload.string)
_INTEGER = _Kind("an integer", payload.integer)
_FLOAT = _Kind("a number", payload.number)
_OBJECT: _Kind[Any] = _Kind("an object", payload.mapping)


class GonfalonProvider(AbstractProvider):
    """Resolves flags with any client: Gonfalon, a started AsyncGonfalon, or FlagsForTest.

    :param client: the client that decides.
    :param close_client: whether shutting the provider down closes the client, if it has a ``close()`` to call.
    :param ready_within: seconds that initialising waits for the first snapshot. Without one the provider's status is ERROR, or
        FATAL if the server refuses its token or environment; it becomes READY by itself when a snapshot arrives later.
    :param hooks: OpenFeature's provider hooks, run with every evaluation.
    """

    def __init__(
        self, client: Flags, *, close_client: bool = True, ready_within: float = 5.0, hooks: Sequence[Hook] = ()
    ) -> None:
        super().__init__()
        self._client = client
        self._close_client = close_client
        self._ready_within = ready_within
        self._hooks = list(hooks)
        self._unsubscribe: Callable[[], None] | None = None
        self._awake = threading.Event()
        self._initializing = False

    def get_metadata(self) -> Metadata:
        return Metadata(name="gonfalon")

    def get_provider_hooks(self) -> list[Hook]:
        return self._hooks

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002
        self._awake.clear()
        if self._unsubscribe is None:
            self._unsubscribe = self._client.subscribe(self._hear)
        self._initializing = True
        try:
            if not self._settled():
                self._awake.wait(self._ready_within)
        finally:
            self._initializing = False
        if self._client.info is None:
            refused = self._client.state is State.ERROR
            raise (ProviderFatalError if refused else ProviderNotReadyError)(f"no flags yet: {self._why()}")
        if self._client.state is State.STALE:
            # The SDK declares a provider ready when this returns, so that it is stale must be said after that.
            later = threading.Timer(AFTERWARDS, self._still_stale)
            later.daemon = True
            later.start()

    def shutdown(self) -> None:
        unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe:
            unsubscribe()
        self._awake.set()
        close = getattr(self._client, "close", None)
        if self._close_client and callable(close) and not inspect.iscoroutinefunction(close):
            close()

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        return self._resolve(flag_key, default_value, _BOOLEAN, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        return self._resolve(flag_key, default_value, _STRING, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        return self._resolve(flag_key, default_value, _INTEGER, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        return self._resolve(flag_key, default_value, _FLOAT, evaluation_context)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        return self._resolve(flag_key, default_value, _OBJECT, evaluation_context)

    def _resolve(self, key: str, default: T, kind: _Kind[T], given: EvaluationContext | None) -> FlagResolutionDetails[T]:
        actor: Who = given.targeting_key if given else None
        attributes: Mapping[str, Any] = given.attributes if given else {}
        if actor is not None:
            attributes = {**attributes, "targetingKey": actor}  # for rules on it, as over OFREP
        elif "targetingKey" in attributes:
            actor = cast(Who, attributes["targetingKey"])
        decision = self._client.decide(key, actor, groups=attributes.get("groups"), attributes=attributes)
        found = resolve(decision)
        about = metadata(decision, self._client.state is State.STALE)
        if found.error:
            return _error(default, ErrorCode(found.error), self._message(found, key), about)
        if found.value is None:
            return FlagResolutionDetails(default, reason=found.reason, variant=found.variant, flag_metadata=about)
        value = kind.convert(found.value)
        if kind is _INTEGER and self._client._is_fractional(key):
            value = None  # the flag's numbers are floats, whichever is served
        if value is None:
            message = f"the value is {found.value!r}, not {kind.name}"
            return _error(default, ErrorCode.TYPE_MISMATCH, message, about, found.variant)
        return FlagResolutionDetails(value, reason=found.reason, variant=found.variant, flag_metadata=about)

    def _message(self, found: Resolution, key: str) -> str:
        if found.error == ErrorCode.PROVIDER_NOT_READY:
            return self._why()
        if found.error == ErrorCode.FLAG_NOT_FOUND:
            return f"flag {key} not found"
        return "the context can't be read; the log says why"

    def _why(self) -> str:
        """Why there are no flags, or old ones."""
        return self._client.stats.last_error or "the source hasn't answered yet"

    def _settled(self) -> bool:
        """Whether waiting longer would change nothing."""
        return self._client.info is not None or self._client.state is State.ERROR

    def _still_stale(self) -> None:
        if self._unsubscribe is not None and self._client.state is State.STALE:
            self.emit_provider_stale(ProviderEventDetails(message=self._why()))

    def _hear(self, event: Event) -> None:
        if self._initializing:  # the SDK tells of what comes of that
            if self._settled():
                self._awake.set()
            return
        if isinstance(event, FlagsChanged):
            details = ProviderEventDetails(flags_changed=sorted(event.flags), metadata={"revision": event.revision})
            self.emit_provider_configuration_changed(details)
            return
        details = ProviderEventDetails(message=event.error)
        if event.state is State.READY:
            self.emit_provider_ready(details)
        elif event.state is State.STALE:
            self.emit_provider_stale(details)
        elif event.state is State.ERROR:
            details.error_code = ErrorCode.PROVIDER_FATAL
            self.emit_provider_error(details)


def _error(
    default: T, code: ErrorCode, message: str, metadata: FlagMetadata, variant: str | None = None
) -> FlagResolutionDetails[T]:
    return FlagResolutionDetails(
        default,
        error_code=code,
        error_message=message,
        reason=FlagReason.ERROR,
        variant=variant,
        flag_metadata=metadata,
    )
