"""What is assumed of AWS, asked with functions of the verification's own."""

import base64
import json
import re
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from power_tuner.tuning.report_line import find_report
from verify.evidence import Check
from verify.scenarios import SWEEP
from verify.stage import FAILING, WORKING, Stage, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

_UPDATES = 3
_SAYS_HELLO = "def handler(event, context):\n    print('hello')\n"


def _refusal(error: ClientError) -> str:
    return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"


def _refused(call: Any, **request: Any) -> str:
    try:
        call(**request)
    except ClientError as error:
        return _refusal(error)
    return "accepted"


def _invoke(stage: Stage, arn: str, **more: Any) -> tuple[Any, str, str]:
    """Invoke, and return the answer, its payload and the tail of its log."""
    answer = stage.client("lambda").invoke(FunctionName=arn, LogType="Tail", Payload=b"{}", **more)
    return answer, answer["Payload"].read().decode(), base64.b64decode(answer.get("LogResult", "")).decode()


def _report_line(stage: Stage) -> str:
    arn = stage.add_function(WORKING, MemorySize=256)
    answer, _, tail = _invoke(stage, arn)
    found = find_report(tail, answer["ResponseMetadata"]["RequestId"], 256)
    if found is None:
        return f"not read: {tail}"
    billed_in_full = found.init_ms is not None and found.billed_ms >= found.duration_ms + found.init_ms
    return f"read, cold, the init phase {'is' if billed_in_full else 'is not'} billed"


def _error_document(stage: Stage) -> str:
    _, payload, _ = _invoke(stage, stage.add_function(FAILING))
    return ", ".join(sorted(json.loads(payload)))


def _settles(stage: Stage) -> str:
    """How long an update takes, and what the configuration says meanwhile."""
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    took_s, seen = [], set()
    for index in range(_UPDATES):
        began_s = time.monotonic()
        answer = client.update_function_configuration(FunctionName=arn, MemorySize=512 + 64 * (index + 1))
        seen.add(answer["LastUpdateStatus"])
        while client.get_function_configuration(FunctionName=arn)["LastUpdateStatus"] == "InProgress":
            time.sleep(0.05)
        took_s.append(time.monotonic() - began_s)
    return f"{'/'.join(sorted(seen))}, {min(took_s):.2f} to {max(took_s):.2f} s"


def _update_during_update(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    client.update_function_configuration(FunctionName=arn, MemorySize=640)
    return _refused(client.update_function_configuration, FunctionName=arn, MemorySize=704)


def _same_version(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    first, again = (client.publish_version(FunctionName=arn)["Version"] for _ in range(2))
    client.update_function_configuration(FunctionName=arn, Description="another")
    stage.settled(arn)
    described = client.publish_version(FunctionName=arn)["Version"]
    return f"again: {'same' if first == again else 'new'}, description only: {'same' if described == first else 'new'}"


def _version_at_once(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    published = client.publish_version(FunctionName=arn)
    version = published["Version"]
    seen = {client.get_function_configuration(FunctionName=arn, Qualifier=version)["State"] for _ in range(10)}
    answer, _, _ = _invoke(stage, arn, Qualifier=version)
    return f"{published['State']}, {'/'.join(sorted(seen))}, version {answer['ExecutedVersion']} ran".replace(
        f"version {version} ran", "it ran"
    )


def _revisions(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")

    def revision() -> str:
        return str(client.get_function_configuration(FunctionName=arn)["RevisionId"])

    changed: list[str] = []
    client.publish_version(FunctionName=arn)
    before = revision()
    acts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("tag", lambda: client.tag_resource(Resource=arn, Tags={"verify": "1"})),
        ("untag", lambda: client.untag_resource(Resource=arn, TagKeys=["verify"])),
        (
            "permission",
            lambda: client.add_permission(
                FunctionName=arn, StatementId="verify", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
            ),
        ),
        ("repeated publish", lambda: client.publish_version(FunctionName=arn)),
    )
    for name, act in acts:
        act()
        after = revision()
        changed += [name] if after != before else []
        before = after
    return ", ".join(changed)


def _longest_timeout(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    return _refused(client.update_function_configuration, FunctionName=arn, Timeout=1800).partition(":")[0]


def _quiet_log(stage: Stage) -> str:
    arn = stage.add_function(WORKING, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    _, _, tail = _invoke(stage, arn)
    return "a report" if "platform.report" in tail else "no report"


def _debug_log(stage: Stage) -> str:
    arn = stage.add_function(WORKING, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
    _, _, tail = _invoke(stage, arn)
    kinds = re.findall(r'"type":\s*"platform\.(\w+)"', tail)
    return ", ".join(kind for kind in kinds if kind in {"runtimeDone", "report"})


def _lost_event(stage: Stage) -> str:
    entry = {"Source": "power-tuner.verify", "DetailType": "verify", "Detail": "{}", "EventBusName": "not-there"}
    answer = stage.client("events").put_events(Entries=[entry])
    return f"{answer['FailedEntryCount']} failed, {'an' if answer['Entries'][0].get('EventId') else 'no'} event id"


def _filter_terms(stage: Stage) -> str:
    arn, logs = stage.add_function(_SAYS_HELLO), stage.client("logs")
    _invoke(stage, arn)
    group = f"/aws/lambda/{arn.rpartition(':')[2]}"

    def found() -> int | None:
        groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if not groups:
            return None
        return (
            len(
                logs.filter_log_events(logGroupName=group, filterPattern='?"REPORT RequestId" ?"platform.report"')[
                    "events"
                ]
            )
            or None
        )

    count = stage.wait("the log arrives", found, 120)
    bare = _refused(logs.filter_log_events, logGroupName=group, filterPattern="?REPORT ?platform.report")
    return f"quoted: {count} found, bare: {bare.partition(':')[0]}"


def _definitions(stage: Stage) -> str:
    states = stage.client("stepfunctions")
    told = []
    for name in ("TuneStateMachine", "FleetStateMachine"):
        resource = stage.client("cloudformation").describe_stack_resource(
            StackName=stage.stack_name, LogicalResourceId=name
        )["StackResourceDetail"]["PhysicalResourceId"]
        definition = states.describe_state_machine(stateMachineArn=resource)["definition"]
        answer = states.validate_state_machine_definition(definition=definition, type="STANDARD", severity="ERROR")
        told.append(f"{name}: {answer['result']}")
    return ", ".join(told)


def _map_run(stage: Stage) -> str:
    """What ARN the children of a Distributed Map have."""
    end, results = stage.tune(stage.add_function(WORKING), **SWEEP)
    states = stage.client("stepfunctions")
    machine = stage.stack.settings.state_machine_arn
    execution = machine.replace(":stateMachine:", ":execution:") + f":{results.run_id}"
    (run,) = states.list_map_runs(executionArn=execution)["mapRuns"]
    child = states.list_executions(mapRunArn=run["mapRunArn"])["executions"][0]
    labelled = child["stateMachineArn"].removeprefix(machine)
    return f"{end.status}, {'labelled' if re.fullmatch('/[A-Za-z0-9-]+', labelled) else labelled or 'not labelled'}"


def _switched_off(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda", retries={"total_max_attempts": 1})
    client.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    try:
        client.invoke(FunctionName=arn)
    except ClientError as error:
        return f"{error.response['Error']['Code']}, {error.response.get('Reason', 'no reason')}"
    return "invoked"


def _too_large(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    payload = b'"' + b"x" * 6_291_600 + b'"'
    return _refused(client.invoke, FunctionName=arn, Payload=payload).partition(":")[0]


def _foreign_bytes(stage: Stage) -> str:
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    return _refused(client.invoke, FunctionName=arn, Payload=b"{not json").partition(":")[0]


def _code_during_run(stage: Stage) -> str:
    """Whether a version keeps its code when $LATEST gets another."""
    arn, client = stage.add_function(WORKING), stage.client("lambda")
    published = client.publish_version(FunctionName=arn)
    client.update_function_code(FunctionName=arn, ZipFile=zipped(_SAYS_HELLO))
    stage.settled(arn)
    kept = client.get_function_configuration(FunctionName=arn, Qualifier=published["Version"])["CodeSha256"]
    return "kept" if kept == published["CodeSha256"] else "changed"


def _account_concurrency(stage: Stage) -> str:
    limits = stage.client("lambda").get_account_settings()["AccountLimit"]
    return f"{limits['ConcurrentExecutions']}"


PROBES = (
    Check(
        "report-line", "Is a REPORT line read, and INIT billed?", "read, cold, the init phase is billed", _report_line
    ),
    Check(
        "error-document",
        "What does the error document of a Python function hold?",
        "errorMessage, errorType, requestId, stackTrace",
        _error_document,
    ),
    Check("settling", "How long does an update take?", r"(Successful/)?InProgress.*|Successful.*", _settles),
    Check(
        "update-during-update",
        "Is an update refused while another is in progress?",
        "ResourceConflictException: .*update is in progress.*",
        _update_during_update,
    ),
    Check(
        "publish-again",
        "Does publishing again without a change make no version, and with another description one?",
        "again: same, description only: new",
        _same_version,
    ),
    Check("version-at-once", "Can a version be invoked at once?", "Active, Active, it ran", _version_at_once),
    Check("revisions", "What changes the RevisionId without a deployment?", "tag, untag, permission", _revisions),
    Check(
        "longest-timeout",
        "Is a timeout of 1,800 s refused?",
        "InvalidParameterValueException|ValidationException",
        _longest_timeout,
    ),
    Check("quiet-log", "Does SystemLogLevel WARN take the report from the tail?", "no report", _quiet_log),
    Check("debug-log", "Is the runtime's part told, before the report?", "runtimeDone, report", _debug_log),
    Check("lost-event", "Does an event for a bus that does not exist get an id?", "0 failed, an event id", _lost_event),
    Check(
        "filter-terms",
        "Which filter patterns does CloudWatch Logs take?",
        r"quoted: \d+ found, bare: InvalidParameterException",
        _filter_terms,
        180,
    ),
    Check(
        "definitions",
        "Does Step Functions find the two state machines valid?",
        "TuneStateMachine: OK, FleetStateMachine: OK",
        _definitions,
        on_aws_only="the local AWS does not judge definitions; lint.asl does",
    ),
    Check(
        "map-run",
        "Do the children of a Distributed Map have the labelled state machine's ARN?",
        "SUCCEEDED, labelled",
        _map_run,
        180,
    ),
    Check(
        "switched-off",
        "What does an invocation of a function without concurrency get?",
        "TooManyRequestsException, ReservedFunctionConcurrentInvocationLimitExceeded",
        _switched_off,
    ),
    Check("too-large", "What does a payload above 6 MB get?", "Request(Entity)?TooLargeException", _too_large),
    Check("no-json", "What does a payload that is no JSON get?", "InvalidRequestContentException", _foreign_bytes),
    Check("kept-code", "Does a version keep its code?", "kept", _code_during_run),
    Check("concurrency", "How many invocations may run at once in this account?", r"\d{3,}", _account_concurrency),
)
