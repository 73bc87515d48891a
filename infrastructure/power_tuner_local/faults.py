"""Fault injection: which request, event delivery or clock goes wrong, and how."""

import contextlib
import enum
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from power_tuner_local.gateway.http_server import ConnectionDropped
from power_tuner_local.gateway.identity import role_of
from power_tuner_local.gateway.service_errors import error_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from power_tuner_local.eventbridge.targets import Delivery
    from power_tuner_local.gateway.api_calls import ApiCall
    from power_tuner_local.gateway.gateway import Gateway
    from power_tuner_local.lambda_service import LambdaService


class Kind(enum.Enum):
    """What goes wrong."""

    THROTTLE = "throttle"
    SERVER_ERROR = "500"
    CONFLICT = "409"
    FORBIDDEN = "403"
    DROP_BEFORE = "connection dropped before the effect"
    DROP_AFTER = "connection dropped after the effect"
    SLOW = "slow answer"
    CRASH_BEFORE = "the calling Lambda crashes before the effect"
    CRASH_AFTER = "the calling Lambda crashes after the effect"
    TIMEOUT = "the calling Lambda times out after the effect"
    INTRUSION = "somebody else acts just before"
    EVENT_LATE = "the event is delivered late"
    EVENT_TWICE = "the event is delivered twice"
    EVENT_LOST = "the event is never delivered"
    CLOCK = "the clock of the function is wrong"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: which requests, deliveries or invocations it hits, and what it does to them.

    Attributes:
        service: The signing name of the service, such as `lambda`; empty for any.
        action: The operation, such as `PublishVersion`, or the detail type of an event; empty for any.
        target: A part of the ARN of the function whose clock is wrong, or of the event's target; empty for any.
        caller: A part of the calling role's name; empty for any caller, the operator included.
        mentions: A text that the path, query or body must contain, such as a function's name; empty for any.
        nth: Which of the matches is the first to be hit, counted from 1.
        times: How many successive matches are hit.
        delay_s: The delay of a slow response or a late event, or how far a clock is ahead.
        intrusion: What another party does just before the request is served or the late event is delivered.
    """

    kind: Kind
    service: str = ""
    action: str = ""
    caller: str = ""
    mentions: str = ""
    target: str = ""
    nth: int = 1
    times: int = 1
    delay_s: float = 1.0
    intrusion: "Callable[[ApiCall | None], None] | None" = None

    def matches_call(self, call: "ApiCall") -> bool:
        """Return whether this fault can hit a request."""
        return (
            self.kind not in _WITHOUT_A_REQUEST
            and self.service in {"", call.service}
            and self.action in {"", call.action}
            and (not self.caller or self.caller in (role_of(call.access_key) or ""))
            and (not self.mentions or call.mentions(self.mentions))
        )

    def matches_event(self, what: "Delivery | FunctionEvent") -> bool:
        """Return whether this fault can hit an event delivery or an invocation."""
        kinds = {Kind.CLOCK} if isinstance(what, FunctionEvent) else _OF_DELIVERIES
        return (
            self.kind in kinds
            and self.action in {"", what.action}
            and self.target in what.target_arn
            and self.mentions in what.text
        )


class FunctionEvent(NamedTuple):
    """The event of an invocation."""

    target_arn: str
    text: str
    action: str = ""


@dataclass(slots=True)
class Injection:
    """A fault that is injected.

    Attributes:
        seen: How many matches there were so far.
        hit: The requests, deliveries and invocations that went wrong.
    """

    fault: Fault
    seen: int = 0
    hit: "list[ApiCall | Delivery | FunctionEvent]" = field(default_factory=list)

    def count(self, what: "ApiCall | Delivery | FunctionEvent") -> bool:
        """Count a match; return whether this one is hit."""
        self.seen += 1
        due = 0 <= self.seen - self.fault.nth < self.fault.times
        if due:
            self.hit.append(what)
        return due


@dataclass(slots=True)
class Watch:
    """The requests and deliveries that contain a text.

    Attributes:
        calls: The requests so far.
        deliveries: The deliveries of events so far.
    """

    mentions: str
    calls: "list[ApiCall]" = field(default_factory=list)
    deliveries: "list[Delivery]" = field(default_factory=list)


class Faults:
    """The injected faults of one local AWS."""

    def __init__(self, gateway: "Gateway", lambda_service: "LambdaService") -> None:
        self._gateway = gateway
        self._lambda = lambda_service
        self._lock = threading.Lock()
        self._injections: list[Injection] = []
        self._watches: list[Watch] = []
        self._late: list[Delivery] = []

    @contextlib.contextmanager
    def inject(self, fault: Fault) -> "Iterator[Injection]":
        """Inject a fault while a `with` block runs."""
        injection = Injection(fault)
        with self._lock:
            self._injections.append(injection)
        try:
            yield injection
        finally:
            with self._lock:
                self._injections.remove(injection)

    @contextlib.contextmanager
    def watch(self, mentions: str = "") -> "Iterator[Watch]":
        """Collect the requests and deliveries that contain a text while a `with` block runs."""
        watch = Watch(mentions)
        with self._lock:
            self._watches.append(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.remove(watch)

    def __call__(self, call: "ApiCall") -> "WSGIApplication | None":
        """Return a faulty response for a request that a fault hits; None for any other."""
        with self._lock:
            for watch in self._watches:
                if call.mentions(watch.mentions):
                    watch.calls.append(call)
            due = None
            for injection in self._injections:
                if injection.fault.matches_call(call) and injection.count(call):
                    due = due or injection.fault
        return None if due is None else self._response(due, call)

    def deliver(self, delivery: "Delivery", deliver: "Callable[[], None]") -> None:
        """Deliver an event as often and as late as the injected faults say."""
        with self._lock:
            for watch in self._watches:
                if watch.mentions in delivery.text:
                    watch.deliveries.append(delivery)
            fault = self._event_fault(delivery)
            if fault is not None and fault.kind is Kind.EVENT_LATE:
                self._late.append(delivery)
        if fault is None:
            deliver()
        elif fault.kind is Kind.EVENT_TWICE:
            deliver()
            deliver()
        elif fault.kind is Kind.EVENT_LATE:
            timer = threading.Timer(fault.delay_s, self._deliver_late, (fault, delivery, deliver))
            timer.daemon = True
            timer.start()

    def late_for(self, mentions: str) -> bool:
        """Return whether an event that contains a text is still waiting for its late delivery."""
        with self._lock:
            return any(mentions in delivery.text for delivery in self._late)

    def clock_offset_s(self, function_arn: str, payload: bytes) -> float:
        """Return how far ahead the clock of an invocation is."""
        with self._lock:
            if not any(injection.fault.kind is Kind.CLOCK for injection in self._injections):
                return 0.0
            fault = self._event_fault(FunctionEvent(function_arn, payload.decode("utf-8", "replace")))
        return fault.delay_s if fault else 0.0

    def _event_fault(self, what: "Delivery | FunctionEvent") -> Fault | None:
        hit = [each.fault for each in self._injections if each.fault.matches_event(what) and each.count(what)]
        return hit[0] if hit else None

    def _deliver_late(self, fault: Fault, delivery: "Delivery", deliver: "Callable[[], None]") -> None:
        try:
            if fault.intrusion is not None:
                fault.intrusion(None)
        finally:
            deliver()
            with self._lock:
                self._late.remove(delivery)

    def _response(self, fault: Fault, call: "ApiCall") -> "WSGIApplication | None":
        if fault.kind in _REFUSALS:
            status, code, message = _refusal(fault.kind, call)
            return error_response(call, status, code, message)
        if fault.kind is Kind.INTRUSION:
            if fault.intrusion is not None:
                fault.intrusion(call)
            return None

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
            served: Iterable[bytes] = []
            if fault.kind in _AFTER_THE_EFFECT:
                served = self._gateway.serve(call, environ, start_response)
            if fault.kind is Kind.SLOW:
                time.sleep(fault.delay_s)
                return served
            if fault.kind in _CRASHES:
                self._lambda.crash(call.session, timed_out=fault.kind is Kind.TIMEOUT)
            raise ConnectionDropped

        return answer


def callers(calls: "Iterable[ApiCall]") -> "Counter[tuple[str, str, str]]":
    """Return how often each role called each action of a service; the operator's calls are left out."""
    named = ((role_of(call.access_key), call.service, call.action) for call in calls)
    return Counter((role, service, action) for role, service, action in named if role)


_OF_DELIVERIES = frozenset({Kind.EVENT_LATE, Kind.EVENT_TWICE, Kind.EVENT_LOST})
_WITHOUT_A_REQUEST = _OF_DELIVERIES | {Kind.CLOCK}
_REFUSALS = frozenset({Kind.THROTTLE, Kind.SERVER_ERROR, Kind.CONFLICT, Kind.FORBIDDEN})
_AFTER_THE_EFFECT = frozenset({Kind.DROP_AFTER, Kind.CRASH_AFTER, Kind.TIMEOUT, Kind.SLOW})
_CRASHES = frozenset({Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.TIMEOUT})
_CODES = {
    (Kind.THROTTLE, "lambda"): (HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequestsException"),
    (Kind.THROTTLE, "s3"): (HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown"),
    (Kind.THROTTLE, ""): (HTTPStatus.BAD_REQUEST, "ThrottlingException"),
    (Kind.SERVER_ERROR, "lambda"): (HTTPStatus.INTERNAL_SERVER_ERROR, "ServiceException"),
    (Kind.SERVER_ERROR, "s3"): (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError"),
    (Kind.SERVER_ERROR, "dynamodb"): (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError"),
    (Kind.SERVER_ERROR, "events"): (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalException"),
    (Kind.SERVER_ERROR, ""): (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure"),
    (Kind.CONFLICT, "lambda"): (HTTPStatus.CONFLICT, "ResourceConflictException"),
    (Kind.CONFLICT, "s3"): (HTTPStatus.CONFLICT, "OperationAborted"),
    (Kind.CONFLICT, "dynamodb"): (HTTPStatus.BAD_REQUEST, "TransactionConflictException"),
    (Kind.CONFLICT, ""): (HTTPStatus.CONFLICT, "ConflictException"),
    (Kind.FORBIDDEN, "s3"): (HTTPStatus.FORBIDDEN, "AccessDenied"),
    (Kind.FORBIDDEN, ""): (HTTPStatus.FORBIDDEN, "AccessDeniedException"),
}
_MESSAGES = {
    Kind.THROTTLE: "Rate exceeded",
    Kind.SERVER_ERROR: "An internal error occurred",
    Kind.CONFLICT: "The operation cannot be performed at this time. An update is in progress for resource",
    Kind.FORBIDDEN: "The caller is not authorized to perform this action",
}


def _refusal(kind: Kind, call: "ApiCall") -> tuple[HTTPStatus, str, str]:
    status, code = _CODES.get((kind, call.service)) or _CODES[kind, ""]
    return status, code, _MESSAGES[kind]
