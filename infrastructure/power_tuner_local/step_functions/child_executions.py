"""Children of a Distributed Map: executions with a description and history of their own."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramStopped, ProgramTimedOut

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
        MapRunRecord,
    )
    from moto.stepfunctions.parser.asl.eval.environment import Environment

_ENDS = {
    "SUCCEEDED": HistoryEventType.ExecutionSucceeded,
    "FAILED": HistoryEventType.ExecutionFailed,
    "ABORTED": HistoryEventType.ExecutionAborted,
    "TIMED_OUT": HistoryEventType.ExecutionTimedOut,
}


@dataclass(slots=True)
class ChildExecution:
    """A child execution of a Map Run, with the interface that moto expects of an execution."""

    execution_arn: str
    name: str
    state_machine_arn: str
    map_run_arn: str
    execution_input: str
    start_date: dt.datetime
    frame: "Environment"
    stop_date: dt.datetime | None = None
    status: str = "RUNNING"
    output: str | None = None
    output_details: dict[str, bool] | None = None
    error: str | None = None
    cause: str | None = None

    def to_api(self) -> dict[str, Any]:
        """Return an ExecutionListItem."""
        return {
            "executionArn": self.execution_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": self.start_date,
            "mapRunArn": self.map_run_arn,
            **({"stopDate": self.stop_date} if self.stop_date else {}),
        }

    def to_history_output(self) -> dict[str, Any]:
        """Return the history in moto's form: all events, oldest first."""
        return {"events": self.frame.event_manager.get_event_history()}

    def stop(self, stop_date: dt.datetime, error: str | None, cause: str | None) -> None:
        """Stop this child only."""
        self.stop_date = stop_date
        self.frame.set_stop(stop_date=stop_date, error=error, cause=cause)

    def add_event(self, event: HistoryEventType, **details: Any) -> None:
        """Add an event of the execution itself to its history."""
        name = f"{event[0].lower()}{event[1:]}EventDetails"
        described: Any = {name: {key: value for key, value in details.items() if value is not None}}
        self.frame.event_manager.add_event(
            context=self.frame.event_history_context,
            event_type=event,
            event_details=described,
            update_source_event_id=event != HistoryEventType.ExecutionStarted,
        )


def children_of(record: Any) -> list[ChildExecution]:
    """Return a Map Run's own list of children."""
    children: list[ChildExecution] = vars(record).setdefault("children", [])
    return children


def start_child(frame: Any, record: "MapRunRecord", name: str) -> None:
    """Turn a frame of the interpreter into an execution, with its name in the context object and its own history."""
    machine_arn = record.map_state_machine_arn
    child = ChildExecution(
        execution_arn=f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}",
        name=name,
        state_machine_arn=machine_arn,
        map_run_arn=record.map_run_arn,
        execution_input=json.dumps(frame.states.get_input()),
        start_date=dt.datetime.now(tz=dt.UTC),
        frame=frame,
    )
    context = frame.states.context_object.context_object_data
    context["Execution"] = {**context["Execution"], "Id": child.execution_arn, "Name": name}
    context["StateMachine"] = {**context["StateMachine"], "Id": machine_arn}
    frame.event_manager = EventManager(cloud_watch_logging_session=frame.cloud_watch_logging_session)
    frame.event_history_context = EventHistoryContext.of_program_start()
    frame.child = child
    child.add_event(
        HistoryEventType.ExecutionStarted,
        input=child.execution_input,
        inputDetails={"truncated": False},
        roleArn=frame.aws_execution_details.role_arn,
    )
    children_of(record).append(child)


def end_child(frame: "Environment") -> None:
    """Record how a child ended."""
    child: ChildExecution | None = getattr(frame, "child", None)
    if child is None:
        return
    state = frame.program_state()
    status = "SUCCEEDED"
    details: dict[str, Any] = {}
    match state:
        case ProgramError():
            status = "FAILED"
            child.error, child.cause = (state.error or {}).get("error"), (state.error or {}).get("cause")
            details = {"error": child.error, "cause": child.cause}
        case ProgramStopped():
            status = "ABORTED"
            child.error, child.cause = state.error, state.cause
            details = {"error": child.error, "cause": child.cause}
        case ProgramTimedOut():
            status = "TIMED_OUT"
        case _:
            child.output = json.dumps(frame.states.get_input())
            child.output_details = {"included": True}
            details = {"output": child.output, "outputDetails": {"truncated": False}}
    child.add_event(_ENDS[status], **details)
    child.stop_date = child.stop_date or dt.datetime.now(tz=dt.UTC)
    child.status = status
