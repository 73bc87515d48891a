"""Verify on an account, or on the local AWS: ``python -m verify --help``."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from power_tuner_cli.cloud import AwsOptions, open_account
from power_tuner_cli.errors import CliError, explain_aws_error
from power_tuner_cli.installation import version
from verify.evidence import AGREES, NOT_ASKED, Check, Evidence, find_out
from verify.metric_probes import METRIC_PROBES
from verify.probes import PROBES
from verify.scenarios import SCENARIOS
from verify.stage import PREFIX, Stage

CHECKS = (*SCENARIOS, *PROBES, *METRIC_PROBES)
_DONE, _NOT_SOUND, _REFUSED = 0, 1, 2
# Measured on the local AWS: invocations of all checks together, the app's own included, and below 1 GB and 2 s each.
_INVOCATIONS = 900
_USD_AT_MOST = 0.15


def main(arguments: Sequence[str] | None = None) -> int:
    """Say what will be done, ask, do it, write the evidence, and remove everything."""
    options = _options(arguments)
    try:
        checks = chosen(options.only)
        with options_of_endpoint(local=options.local) as local_arguments:
            stage, hidden = open_stage(options, local_arguments)
            return verify(stage, checks, options.evidence, hidden, ask=not (options.yes or options.local))
    except (CliError, ClientError, BotoCoreError) as error:
        explained = error if isinstance(error, CliError) else explain_aws_error(error)
        _tell(f"verify: {explained.message if explained else error}", sys.stderr)
        return _REFUSED


def chosen(only: str) -> list[Check]:
    """Return the checks with these names, all if none is given.

    Raises:
        CliError: There is no such check.
    """
    names = [name for name in only.split(",") if name]
    known = {check.name: check for check in CHECKS}
    if unknown := [name for name in names if name not in known]:
        raise CliError(f"--only {unknown[0]}: there is no such check. Known are {', '.join(known)}.")
    return [known[name] for name in names] or list(CHECKS)


def open_stage(options: argparse.Namespace, local_arguments: tuple[str, ...]) -> tuple[Stage, list[str]]:
    """Return where the verification plays, and what its evidence must not name.

    Raises:
        CliError: The stack exists already, or the region is missing.
    """
    endpoint_url = local_arguments[1] if local_arguments else None
    aws_options = AwsOptions(options.stack, options.region, options.profile, endpoint_url)
    account = open_account(aws_options)
    if not account.region:
        raise CliError("No AWS region is set: give --region, or set AWS_REGION or the region of your AWS profile.")
    account_id = str(account.client("sts").get_caller_identity()["Account"])
    arguments = ["--region", account.region]
    if options.profile:
        arguments += ["--profile", options.profile]
    stage = Stage(account, options.stack, options.local, (*arguments, *local_arguments))
    with contextlib.suppress(ClientError):
        if account.client("cloudformation").describe_stacks(StackName=options.stack)["Stacks"]:
            raise CliError(
                f"The stack {options.stack} exists in {account.region}: a verification makes one of its own and "
                "removes it. Name another with --stack."
            )
    return stage, [account_id]


def verify(stage: Stage, checks: Sequence[Check], path: Path, hidden: Sequence[str], *, ask: bool) -> int:
    """Play the checks; whatever happens, write the evidence and remove what was made."""
    where = "the local AWS" if stage.local else "AWS"
    for line in plan(stage, checks, where):
        _tell(line)
    if ask and input("Do this? [y/N] ").strip().lower() not in {"y", "yes"}:
        _tell("Nothing was changed.")
        return _DONE
    evidence = Evidence(where, stage.cloud.region, version(), stage.stack_name)
    try:
        stage.set_up(_tell)
        for number, check in enumerate(checks, 1):
            finding = find_out(check, stage, local=stage.local)
            evidence.findings.append(finding)
            evidence.write(path, hidden)
            mark = "ok" if finding.verdict == AGREES else finding.verdict.upper()
            _tell(f"{number}/{len(checks)} {check.name}: {mark} ({finding.seconds} s)")
            if finding.verdict not in {AGREES, NOT_ASKED}:
                _tell(f"    {check.question} {finding.answered}")
    except KeyboardInterrupt:
        evidence.interrupted = "Ctrl-C"
    except Exception as error:  # noqa: BLE001 - it is told, and what was made must be removed
        evidence.interrupted = f"{type(error).__name__}: {error}"
        _tell(evidence.interrupted)
    finally:
        with _deaf_to_interruption():
            _tell("removes what was made; Ctrl-C does not end this")
            evidence.left = stage.remove(_tell)
            evidence.write(path, hidden)
    for line in evidence.left:
        _tell(f"LEFT: {line}")
    verdicts = [finding.verdict for finding in evidence.findings]
    asked = len(checks) - verdicts.count(NOT_ASKED)
    _tell(f"{verdicts.count(AGREES)} of {asked} answers are as expected; the evidence is in {path}")
    return _DONE if evidence.sound and len(evidence.findings) == len(checks) else _NOT_SOUND


def plan(stage: Stage, checks: Sequence[Check], where: str) -> Iterator[str]:
    """Yield what a verification will do and cost."""
    minutes = sum(check.at_most_s for check in checks) / 60 + 15
    yield f"On {where}, region {stage.cloud.region}, this"
    yield f"- deploys the stack {stage.stack_name} (mode apply), which may change functions while it exists;"
    yield f"- makes functions, a role, a queue and a rule whose names begin with {PREFIX}, and touches no others;"
    yield f"- plays {len(checks)} checks, in {minutes:.0f} minutes at most;"
    yield (
        f"- costs at most {_USD_AT_MOST:.2f} USD at list prices: under {_INVOCATIONS} invocations, some runs, and the "
        "stack's alarms and dashboard for that time;"
    )
    yield "- removes all of it, the table and the bucket of this stack included, also after Ctrl-C."


def _tell(line: str, to: TextIO | None = None) -> None:
    print(line, file=to or sys.stdout, flush=True)


@contextlib.contextmanager
def _deaf_to_interruption() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def options_of_endpoint(*, local: bool) -> Iterator[tuple[str, ...]]:
    """Yield the options that name the endpoint: those of a local AWS of its own, or none."""
    if not local:
        yield ()
        return
    # Imported here, because it takes seconds.
    from power_tuner_local import LocalAws  # noqa: PLC0415

    with LocalAws() as aws:
        keys = {
            "AWS_ACCESS_KEY_ID": aws.keyring.operator_key,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": aws.region,
        }
        before = {name: os.environ.get(name) for name in (*keys, "AWS_PROFILE")}
        os.environ.update(keys)
        os.environ.pop("AWS_PROFILE", None)
        boto3.DEFAULT_SESSION = None
        try:
            yield ("--endpoint-url", aws.endpoint_url)
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify", description=__doc__)
    parser.add_argument("--local", action="store_true", help="verify on a local AWS that is started for it")
    parser.add_argument("--stack", default="power-tuner-verify", help="name of the stack that is made and removed")
    parser.add_argument("--region", help="AWS region; by default that of the AWS configuration")
    parser.add_argument("--profile", help="AWS profile; by default that of the AWS configuration")
    parser.add_argument(
        "--only", default="", help=f"checks to play, comma-separated: {', '.join(c.name for c in CHECKS)}"
    )
    parser.add_argument("--evidence", type=Path, default=Path("build/evidence.json"), help="file of the evidence")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
