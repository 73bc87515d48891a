"""Event delivery: from PutEvents and AWS's services to the targets of the rules that match."""

import datetime as dt
import logging
import queue
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.events.models import Rule, events_backends

from power_tuner_local.eventbridge import archives
from power_tuner_local.eventbridge.patterns import matches
from power_tuner_local.eventbridge.targets import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from power_tuner_local.gateway.endpoint import Endpoint
    from power_tuner_local.moto_patches import MotoPatches

    Dispatch = Callable[[Delivery, Callable[[], None]], None]
    from power_tuner_local.eventbridge.targets import Targets

_log = logging.getLogger(__name__)
_ATTEMPTS = 3
_RETRY_S = 0.1


class EventBus:
    """Delivers events in the order of their arrival, in a thread of its own.

    Args:
        endpoint: The local AWS that the events belong to.
        targets: Delivers an event to the service of its target.
        dispatch: Called with each delivery and a function that queues it: now, late, twice or never.
    """

    def __init__(self, endpoint: "Endpoint", targets: "Targets", dispatch: "Dispatch") -> None:
        self._endpoint = endpoint
        self._targets = targets
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="local-aws-events", daemon=True)
        self._dispatch = dispatch

    def start(self) -> None:
        """Start delivering."""
        self._thread.start()

    def close(self) -> None:
        """Stop delivering."""
        self._queue.put(None)
        self._thread.join()

    def idle(self) -> bool:
        """Return whether every event that has arrived is delivered."""
        return self._queue.unfinished_tasks == 0

    def send(self, delivery: Delivery) -> None:
        """Queue a delivery, unless an injected fault changes that."""
        self._dispatch(delivery, lambda: self._queue.put(delivery))

    def apply_rule(self, rule: Rule, event: "Mapping[str, Any]") -> None:
        """Send an event to a rule's targets if the rule is enabled and matches."""
        pattern = rule.event_pattern.get_pattern()
        if rule.state.startswith("ENABLED") and pattern and matches(pattern, event):
            if archives.is_archive(rule):
                archives.keep(rule, event)
                return
            for target in list(rule.targets):
                self.send(Delivery(rule.arn, dict(target), event))

    def publish_status_change(self, execution_arn: str, detail: dict[str, Any]) -> None:
        """Publish an execution's status change on the default bus."""
        event = self.aws_event("aws.states", "Step Functions Execution Status Change", [execution_arn], detail)
        bus = events_backends[self._endpoint.account_id][self._endpoint.region].event_buses["default"]
        for rule in list(bus.rules.values()):
            self.apply_rule(rule, event)

    def aws_event(self, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> dict[str, Any]:
        """Return an event in the form that AWS's services send."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._endpoint.account_id,
            "time": _iso(time.time()),
            "region": self._endpoint.region,
            "resources": resources,
            "detail": detail,
        }

    def _work(self) -> None:
        while (delivery := self._queue.get()) is not None:
            self._deliver(delivery)
            self._queue.task_done()

    def _deliver(self, delivery: Delivery) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._targets.deliver(delivery)
            except Exception as error:  # noqa: BLE001 (a target's failure must not end the delivery of other events)
                _log.warning("delivery from %s to %s failed: %s", delivery.source_arn, delivery.target["Arn"], error)
                if attempt == _ATTEMPTS:
                    self._give_up(delivery, error)
                else:
                    time.sleep(_RETRY_S)
            else:
                return

    def _give_up(self, delivery: Delivery, error: Exception) -> None:
        try:
            self._targets.send_to_dead_letter_queue(delivery, error)
        except Exception:  # noqa: BLE001 (as on AWS, a broken dead-letter queue loses the event)
            _log.exception("the dead-letter queue of %s failed", delivery.target["Arn"])


def _iso(epoch_s: float) -> str:
    return dt.datetime.fromtimestamp(epoch_s, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def patch_moto(patches: "MotoPatches", bus: EventBus) -> None:
    """Patch moto's rules to deliver through the bus (moto supports few targets and delivers within the request)."""

    def send_to_targets(rule: Rule, original_event: dict[str, Any], **_: Any) -> None:
        event = {key: value for key, value in original_event.items() if key != "ingestion-time"}
        if isinstance(event["time"], int | float):
            event["time"] = _iso(event["time"])
        bus.apply_rule(rule, event)

    patches.replace(Rule, send_to_targets=send_to_targets)
