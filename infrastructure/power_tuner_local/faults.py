"""Faults on demand: which request, delivery of an event or clock shall go wrong, and how."""

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
from power_tuner_local.gateway.service_errors import error_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from power_tuner_local.eventbridge.targets import Delivery
    from power_tuner_local.gateway.api_calls import ApiCall
    from power_tuner_local.gateway.gateway import Gateway
    from power_tuner_local.lambda_service import LambdaService


class Kind(enum.Enum):
    """What happens to the request."""

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
    """One fault: the requests that it waits for, and what it does to them.

    Attributes:
        service: The signing name of the service, such as `lambda`; empty for any.
        action: The operation, such as `PublishVersion`, or the detail type of an event; empty for any.
        target: A part of the ARN of the function whose clock is wrong, or of the target that an event is for.
        caller: A part of the calling role's name; empty for anybody, the operator included.
        mentions: A text that path, query or body must contain, such as the name of a function; empty for any.
        nth: Which of these requests is the first to be hit, from 1.
        times: How many are hit, one after the other.
        delay_s: How late a slow answer or a late event is, and how far a clock is ahead.
        intrusion: What somebody else does just before the request is served, or the late event delivered.
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

    def awaits(self, call: "ApiCall") -> bool:
        """Tell whether a request is of the kind that this fault waits for."""
        return (
            self.kind not in _WITHOUT_A_REQUEST
            and self.service in {"", call.service}
            and self.action in {"", call.action}
            and (not self.caller or self.caller in (role_of(call.access_key) or ""))
            and (not self.mentions or call.mentions(self.mentions))
        )

    def strikes(self, what: "Delivery | Handover") -> bool:
        """Tell whether a delivery of an event, or an invocation, is of the kind that this fault waits for."""
        kinds = {Kind.CLOCK} if isinstance(what, Handover) else _OF_DELIVERIES
        return (
            self.kind in kinds
            and self.action in {"", what.action}
            and self.target in what.target_arn
            and self.mentions in what.text
        )


class Handover(NamedTuple):
    """An event that is handed to a function."""

    target_arn: str
    text: str
    action: str = ""


@dataclass(slots=True)
class Injection:
    """A fault at work.

    Attributes:
        seen: How many of the requests that it waits for have come.
        hit: What went wrong: requests, deliveries, invocations.
    """

    fault: Fault
    seen: int = 0
    hit: "list[ApiCall | Delivery | Handover]" = field(default_factory=list)

    def meets(self, what: "ApiCall | Delivery | Handover") -> bool:
        """Count what the fault waits for; tell whether it is this one's turn to go wrong."""
        self.seen += 1
        due = 0 <= self.seen - self.fault.nth < self.fault.times
        if due:
            self.hit.append(what)
        return due


@dataclass(slots=True)
class Watch:
    """The requests and deliveries that mention something.

    Attributes:
        calls: The requests so far.
        deliveries: The deliveries of events so far.
    """

    mentions: str
    calls: "list[ApiCall]" = field(default_factory=list)
    deliveries: "list[Delivery]" = field(default_factory=list)


class Faults:
    """The faults of one local AWS."""

    def __init__(self, gateway: "Gateway", lambda_service: "LambdaService") -> None:
        self._gateway = gateway
        self._lambda = lambda_service
        self._lock = threading.Lock()
        self._injections: list[Injection] = []
        self._watches: list[Watch] = []
        self._late: list[Delivery] = []

    @contextlib.contextmanager
    def inject(self, fault: Fault) -> "Iterator[Injection]":
        """Let a fault happen inside a `with` block."""
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
        """Collect the requests that mention a text, inside a `with` block."""
        watch = Watch(mentions)
        with self._lock:
            self._watches.append(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.remove(watch)

    def __call__(self, call: "ApiCall") -> "WSGIApplication | None":
        """Stand in for the service when a fault waits for this request."""
        with self._lock:
            for watch in self._watches:
                if call.mentions(watch.mentions):
                    watch.calls.append(call)
            due = None
            for injection in self._injections:
                if injection.fault.awaits(call) and injection.meets(call):
                    due = due or injection.fault
        return None if due is None else self._happen(due, call)

    def deliver(self, delivery: "Delivery", deliver: "Callable[[], None]") -> None:
        """Deliver an event to a target as often and as late as the faults say."""
        with self._lock:
            for watch in self._watches:
                if watch.mentions in delivery.text:
                    watch.deliveries.append(delivery)
            fault = self._struck(delivery)
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
        """Tell whether an event that mentions a text is still to be delivered."""
        with self._lock:
            return any(mentions in delivery.text for delivery in self._late)

    def clock_offset_s(self, function_arn: str, payload: bytes) -> float:
        """Return how far the clock is ahead that an invocation shall have."""
        with self._lock:
            if not any(injection.fault.kind is Kind.CLOCK for injection in self._injections):
                return 0.0
            fault = self._struck(Handover(function_arn, payload.decode("utf-8", "replace")))
        return fault.delay_s if fault else 0.0

    def _struck(self, what: "Delivery | Handover") -> Fault | None:
        hit = [each.fault for each in self._injections if each.fault.strikes(what) and each.meets(what)]
        return hit[0] if hit else None

    def _deliver_late(self, fault: Fault, delivery: "Delivery", deliver: "Callable[[], None]") -> None:
        try:
            if fault.intrusion is not None:
                fault.intrusion(None)
        finally:
            deliver()
            with self._lock:
                self._late.remove(delivery)

    def _happen(self, fault: Fault, call: "ApiCall") -> "WSGIApplication | None":
        if fault.kind in _REFUSALS:
            status, code, message = _refusal(fault.kind, call)
            return error_answer(call, status, code, message)
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
    """Count requests by calling role, service and action; those of the person at the keyboard do not count."""
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
