"""Invocations: responses, sandboxes, failures, limits."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from power_tuner_local.lambda_service import LambdaOptions

pytestmark = pytest.mark.local_aws


@pytest.fixture(scope="module")
def worker(aws: Any) -> str:
    """A function that does what its event says."""
    aws.add("worker", memory_mb=512)
    return "worker"


def alive(pid: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def reason(error: ClientError) -> str:
    """Return why a request was throttled."""
    answer: Any = error.response
    return str(answer["Reason"])


class TestSandboxes:
    """One process per sandbox, one event at a time."""

    def test_cold_then_warm(self, aws: Any, name: str) -> None:
        """The first invocation starts a process and reports its init; the next one reuses it."""
        arn = aws.add(name)
        cold, warm = aws.invoke(name), aws.invoke(name)

        assert cold.report["Init Duration"] > 5
        assert "Init Duration" not in warm.report
        assert cold.payload["pid"] == warm.payload["pid"] != os.getpid()
        assert (arn, "512", "") == (warm.payload["arn"], warm.payload["memory"], warm.payload["stdin"])

    def test_billed_duration_includes_init(self, aws: Any, name: str) -> None:
        """A cold invocation is billed for init and duration together, rounded up once."""
        aws.add(name)
        cold, warm = aws.invoke(name).report, aws.invoke(name, {"sleep_ms": 5}).report

        billed = cold["Duration"] + cold["Init Duration"]
        assert billed <= cold["Billed Duration"] < billed + 1.01
        assert warm["Duration"] <= warm["Billed Duration"] < warm["Duration"] + 1.01

    def test_concurrent_events_get_a_sandbox_each(self, aws: Any, name: str) -> None:
        """Four concurrent events run in four processes; four more reuse them warm."""
        aws.add(name)
        with ThreadPoolExecutor(4) as threads:
            first = list(threads.map(lambda _: aws.invoke(name, {"sleep_ms": 400}), range(4)))
            second = list(threads.map(lambda _: aws.invoke(name, {"sleep_ms": 100}), range(4)))

        assert 4 == len({result.payload["pid"] for result in first})
        assert {result.payload["pid"] for result in second} == {result.payload["pid"] for result in first}

    def test_update_makes_sandboxes_stale(self, aws: Any, name: str) -> None:
        """After an update of $LATEST its next invocation is cold, and the old process is gone."""
        aws.add(name)
        before = aws.invoke(name).payload["pid"]
        aws.set_memory(name, 640)
        after = aws.invoke(name)

        assert "Init Duration" in after.report
        assert not alive(before)

    def test_environment(self, aws: Any, name: str) -> None:
        """A sandbox has Lambda's variables and the function's own, and nothing of this process."""
        os.environ["POWER_TUNER_SECRET_OF_THE_SHELL"] = "secret"
        try:
            aws.add(name, memory_mb=256, Environment={"Variables": {"STAGE": "test"}})
            seen = aws.invoke(name, {"environment": 1}).payload
        finally:
            del os.environ["POWER_TUNER_SECRET_OF_THE_SHELL"]

        expected = {
            "STAGE": "test",
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": aws.keyring.role_key("target"),
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "_HANDLER": "app.handler",
            "TZ": ":UTC",
            "PWD": seen["LAMBDA_TASK_ROOT"],
            "AWS_LAMBDA_LOG_FORMAT": None,
        }
        assert expected == {key: seen.get(key) for key in expected}
        assert "POWER_TUNER_SECRET_OF_THE_SHELL" not in seen

    def test_nothing_leaks(self, run_service: Any, name: str) -> None:
        """Twenty sandboxes beyond the limit leave no process, thread or descriptor behind."""
        with run_service(LambdaOptions(max_sandboxes=3)) as aws:
            aws.add(name, "def handler(event, context): return 1")
            aws.invoke(name)
            before = descriptors()
            for memory_mb in range(200, 220):
                aws.functions.update_function_configuration(FunctionName=name, MemorySize=memory_mb)
                number = aws.settled(name) and aws.publish(name)
                aws.invoke(name, Qualifier=number)
            pids = aws.service.sandbox_pids()
            grown = descriptors() - before
        assert 3 == len(pids)
        assert grown <= 2 * 5
        assert not any(alive(pid) for pid in pids)

    def test_sandboxes_die_with_the_service(self, tmp_path: Path) -> None:
        """Sandboxes end even if the local AWS is killed, whether idle or busy."""
        process = subprocess.Popen(  # noqa: S603 (our own script)
            [sys.executable, Path(__file__).with_name("doomed_service.py")],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        pids = json.loads(process.stdout.readline())
        running = [alive(pid) for pid in pids]
        process.kill()
        process.wait()
        process.stdout.close()
        deadline = time.monotonic() + 5
        while any(map(alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.02)

        assert [True, True] == running
        assert [False, False] == [alive(pid) for pid in pids]

    def test_idle_sandboxes_end(self, run_service: Any, name: str) -> None:
        """A sandbox that is idle for too long ends."""
        with run_service(LambdaOptions(idle_s=0.2)) as aws:
            aws.add(name)
            pid = aws.invoke(name).payload["pid"]
            deadline = time.monotonic() + 5
            while alive(pid) and time.monotonic() < deadline:
                time.sleep(0.05)

            assert not alive(pid)


class TestFailures:
    """What a failed invocation looks like."""

    def test_exception(self, aws: Any, worker: str) -> None:
        """An exception gives the runtime client's error document, and the sandbox stays."""
        before = aws.invoke(worker).payload["pid"]
        failed = aws.invoke(worker, {"fail": "boom"})
        after = aws.invoke(worker).payload["pid"]

        assert "Unhandled" == failed.error
        assert ("boom", "ValueError") == (failed.payload["errorMessage"], failed.payload["errorType"])
        assert "[ERROR] ValueError: boom\nTraceback (most recent call last):" in failed.log
        assert "Status:" not in failed.log
        assert before == after

    def test_exit(self, aws: Any, worker: str) -> None:
        """A process that ends gives Runtime.ExitError, and the next invocation a new process."""
        before = aws.invoke(worker).payload["pid"]
        failed = aws.invoke(worker, {"exit": 3})
        after = aws.invoke(worker)

        assert "Runtime.ExitError" == failed.payload["errorType"]
        assert failed.payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
        assert "\tStatus: error\tError Type: Runtime.ExitError" in failed.log
        assert before != after.payload["pid"]
        assert "Init Duration" in after.report

    @pytest.mark.parametrize("hold_ms", [0, 400])
    def test_out_of_memory(self, aws: Any, name: str, hold_ms: int) -> None:
        """Exceeding the memory size, even briefly, kills the process: Runtime.OutOfMemory at the full memory size."""
        aws.add(name, memory_mb=128)
        failed = aws.invoke(name, {"allocate_mb": 130, "hold_ms": hold_ms})
        after = aws.invoke(name)

        assert "Runtime.OutOfMemory" == failed.payload["errorType"]
        assert "\tStatus: error\tError Type: Runtime.OutOfMemory" in failed.log
        assert 128 == failed.report["Max Memory Used"]
        assert "Init Duration" in after.report

    def test_memory_use_is_reported(self, aws: Any, worker: str) -> None:
        """Max Memory Used follows what the function holds."""
        small = aws.invoke(worker).report["Max Memory Used"]
        large = aws.invoke(worker, {"allocate_mb": 100}).report["Max Memory Used"]

        assert 10 < small < 60
        assert 97 < large - small < 115

    def test_timeout_while_waiting(self, aws: Any, name: str) -> None:
        """A function that waits too long ends at its timeout."""
        aws.add(name, timeout_s=1)
        aws.invoke(name)
        failed = aws.invoke(name, {"sleep_ms": 5000})

        assert "Sandbox.Timedout" == failed.payload["errorType"]
        assert failed.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
        assert (1000, 1000) == (failed.report["Duration"], failed.report["Billed Duration"])
        assert "\tStatus: timeout\n" in failed.log
        assert 950 < failed.took_ms < 1600

    def test_timeout_while_computing(self, aws: Any, name: str) -> None:
        """A function that computes ends when its charged time is over, long before that by this machine's clock."""
        aws.add(name, memory_mb=128, timeout_s=2)
        aws.invoke(name)
        failed = aws.invoke(name, {"cpu_ms": 1000})

        assert "Sandbox.Timedout" == failed.payload["errorType"]
        assert 2000 == failed.report["Duration"]

    def test_cold_timeout_bills_init_without_showing_it(self, aws: Any, name: str) -> None:
        """A cold invocation that times out is billed for its init, which is not shown."""
        aws.add(name, timeout_s=1)
        failed = aws.invoke(name, {"sleep_ms": 5000})

        assert "Init Duration" not in failed.report
        assert failed.report["Billed Duration"] > 1000

    def test_missing_module(self, aws: Any, name: str) -> None:
        """A handler that cannot be imported fails twice: in the init phase and in the invocation."""
        aws.add(name, "import nowhere")
        failed = aws.invoke(name)

        assert "Unhandled" == failed.error
        assert "Runtime.ImportModuleError" == failed.payload["errorType"]
        assert ["init", "invoke"] == [
            line.split("\t")[1].removeprefix("Phase: ")
            for line in failed.log.splitlines()
            if line.startswith("INIT_REPORT")
        ]
        assert "Status: error\tError Type: Runtime.ImportModuleError" in failed.log.splitlines()[-1]

    def test_exit_while_importing(self, aws: Any, name: str) -> None:
        """A process that ends in the init phase gives Runtime.ExitError."""
        aws.add(name, "import os; os._exit(2)")
        failed = aws.invoke(name)

        assert "Runtime.ExitError" == failed.payload["errorType"]
        assert failed.payload["errorMessage"].endswith("exit status 2")

    def test_init_limit(self, run_service: Any, name: str) -> None:
        """An import that takes too long fails as a timeout."""
        with run_service(LambdaOptions(init_limit_s=0.3)) as aws:
            aws.add(name, "import time; time.sleep(5)", timeout_s=1)
            failed = aws.invoke(name)

        assert "Sandbox.Timedout" == failed.payload["errorType"]
        assert "Phase: init\tStatus: timeout" in failed.log

    def test_a_long_init_is_repeated_within_the_invocation(self, run_service: Any, name: str) -> None:
        """The second init has the function's timeout and is part of the duration, and no Init Duration is told."""
        with run_service(LambdaOptions(init_limit_s=0.3)) as aws:
            aws.add(name, "import time; time.sleep(0.6)\ndef handler(event, context): return 1", timeout_s=5)
            cold = aws.invoke(name)
            warm = aws.invoke(name)

        assert (cold.payload, warm.payload) == (1, 1)
        assert 600 <= cold.report["Duration"] < 1500
        assert cold.report["Billed Duration"] == -(-cold.report["Duration"] // 1)
        assert "Init Duration" not in cold.report
        assert "Phase: init\tStatus: timeout" in cold.log
        assert warm.report["Duration"] < 300

    def test_a_repeated_init_uses_up_the_timeout(self, run_service: Any, name: str) -> None:
        """What the init has used is missing for the handler."""
        with run_service(LambdaOptions(init_limit_s=0.3)) as aws:
            code = "import time; time.sleep(0.6)\ndef handler(event, context): time.sleep(0.7)"
            aws.add(name, code, timeout_s=1)
            failed = aws.invoke(name)

        assert failed.payload["errorType"] == "Sandbox.Timedout"
        assert failed.report["Duration"] == 1000


class TestLimits:
    """Payloads and concurrency have limits."""

    @pytest.mark.parametrize(("kind", "size"), [("RequestResponse", 6 << 20), ("Event", 1 << 20)])
    def test_request_too_large(self, aws: Any, worker: str, kind: str, size: int) -> None:
        """More than 6 MB, or 1 MB asynchronously, gives 413."""
        payload = json.dumps("x" * size)
        with pytest.raises(ClientError) as caught:
            aws.functions.invoke(FunctionName=worker, InvocationType=kind, Payload=payload)

        assert "RequestTooLargeException" == caught.value.response["Error"]["Code"]
        assert 413 == caught.value.response["ResponseMetadata"]["HTTPStatusCode"]

    def test_large_request_and_response(self, aws: Any, worker: str) -> None:
        """Nearly 6 MB pass in both directions."""
        size = 6_000_000
        result = aws.invoke(worker, {"size": size, "padding": "x" * size})

        assert size == len(result.payload)

    def test_response_too_large(self, aws: Any, worker: str) -> None:
        """A response of more than 6 MB is an error of the function."""
        failed = aws.invoke(worker, {"size": 6_300_000})

        assert "Function.ResponseSizeTooLarge" == failed.payload["errorType"]
        assert "Unhandled" == failed.error

    @pytest.mark.parametrize("payload", [b"{oops", b"NaN", b'{"a": -Infinity}', b"[" * 100_000])
    def test_no_json(self, aws: Any, worker: str, payload: bytes) -> None:
        """A payload that is not JSON gives 400; what Python alone reads as JSON is none."""
        with pytest.raises(ClientError) as caught:
            aws.functions.invoke(FunctionName=worker, Payload=payload)

        assert "InvalidRequestContentException" == caught.value.response["Error"]["Code"]

    def test_dry_run(self, aws: Any, worker: str) -> None:
        """A dry run returns 204 and runs nothing."""
        answer = aws.functions.invoke(FunctionName=worker, InvocationType="DryRun")

        assert 204 == answer["StatusCode"]

    def test_reserved_concurrency(self, aws: Any, name: str) -> None:
        """Beyond its reserved concurrency a function is throttled, with the reason."""
        aws.add(name)
        aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(aws.invoke, name, {"sleep_ms": 700})
            time.sleep(0.3)
            with pytest.raises(ClientError) as caught:
                aws.invoke(name)
            running.result()

        assert "TooManyRequestsException" == caught.value.response["Error"]["Code"]
        assert 429 == caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert "ReservedFunctionConcurrentInvocationLimitExceeded" == reason(caught.value)

    def test_account_concurrency(self, run_service: Any, name: str) -> None:
        """Beyond the account's concurrency every function is throttled."""
        with run_service(LambdaOptions(account_concurrency=1)) as aws:
            aws.add(name)
            with ThreadPoolExecutor(1) as threads:
                running = threads.submit(aws.invoke, name, {"sleep_ms": 700})
                time.sleep(0.3)
                with pytest.raises(ClientError) as caught:
                    aws.invoke(name)
                running.result()

        assert "ConcurrentInvocationLimitExceeded" == reason(caught.value)

    def test_a_hundred_stay_unreserved(self, aws: Any, name: str) -> None:
        """Reserving so much that fewer than 100 are left to the other functions is refused."""
        aws.add(name)
        with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
            aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=950)


def test_warm_overhead(aws: Any, worker: str) -> None:
    """A warm invocation takes little more than its handler."""
    aws.invoke(worker)
    took_ms = sorted(aws.invoke(worker).took_ms for _ in range(60))

    assert took_ms[30] < 30
