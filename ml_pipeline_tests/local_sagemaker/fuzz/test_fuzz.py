"""Thousands of malformed requests: the daemon answers each, and nothing of it goes astray."""

import os
import re
import stat
from pathlib import Path
from random import Random

import pytest

from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon
from ml_pipeline_tests.local_sagemaker.feature_store.house import NOON, record
from ml_pipeline_tests.local_sagemaker.fuzz.kinds import kinds
from ml_pipeline_tests.local_sagemaker.fuzz.record_calls import GROUP, fuzzed_group
from ml_pipeline_tests.local_sagemaker.fuzz.wire import Wire

SEED = int(os.environ.get("ML_PIPELINE_FUZZ_SEED", "20130101"))
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_MOST_MEMORY_MB = 400


@pytest.mark.parametrize("requests", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_malformed_requests(tmp_path: Path, requests: int) -> None:
    random, shares = Random(SEED), kinds()
    makers, weights = [kind for _, kind in shares], [share for share, _ in shares]
    before = _beside(tmp_path)
    with running_daemon(tmp_path / "home", ("true",)) as service, Wire(service.port) as wire:
        service.client("s3").create_bucket(Bucket="bucket")
        service.client("s3").put_object(Bucket="bucket", Key="k", Body=b"kept")
        service.client("sagemaker").create_feature_group(**fuzzed_group())
        for number in range(requests):
            request = random.choices(makers, weights)[0](random)
            answer = wire.send(request)
            wrong = _wrong(answer, framed=request.framed)
            if wrong:
                pytest.fail(
                    f"{wrong}\nML_PIPELINE_FUZZ_SEED={SEED}, request {number}:\n"
                    f"{request.data[:3000]!r}\n->\n{answer[:3000]!r}"
                )
        _still_whole(service)
        assert _beside(tmp_path) == before | {"home"}, f"ML_PIPELINE_FUZZ_SEED={SEED}"
        for path in service.home.root.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            assert path.is_symlink() or mode & 0o077 == 0, f"{path} {mode:o}, seed {SEED}"


def _beside(folder: Path) -> set[str]:
    """What there is where a path that leads out of the home would lead."""
    return {each.name for each in folder.iterdir()}


def _wrong(answer: bytes, *, framed: bool) -> str | None:
    """What is wrong with the answers to a request."""
    statuses = [int(status) for status in _STATUS.findall(answer)]
    if framed and not statuses:
        return "no answer"
    for status in statuses:
        if status >= 500 and not _said_not_to_be_offered(status, answer):
            return f"status {status}"
    return (
        "a header was injected" if b"\r\nX-Injected" in answer.partition(b"\r\n\r\n")[0] else None
    )


def _said_not_to_be_offered(status: int, answer: bytes) -> bool:
    body = answer.partition(b"\r\n\r\n")[2]
    return status == 501 and (b"<Code>NotImplemented</Code>" in body or not body)


def _still_whole(service: LocalService) -> None:
    s3 = service.client("s3")
    s3.create_bucket(Bucket="whole")
    s3.put_object(Bucket="whole", Key="k", Body=b"kept")
    assert s3.get_object(Bucket="whole", Key="k")["Body"].read() == b"kept"
    assert service.client("sagemaker").list_processing_jobs()["ResponseMetadata"]
    records = service.client("sagemaker-featurestore-runtime")
    records.put_record(FeatureGroupName=GROUP, Record=record(id="7", at=NOON))
    found = records.get_record(FeatureGroupName=GROUP, RecordIdentifierValueAsString="7")
    assert found["Record"] == record(id="7", at=NOON)
    assert service.client("logs").describe_log_groups()["ResponseMetadata"]
    text = Path(f"/proc/{service.endpoint.pid}/status").read_text()
    memory = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert memory
    assert int(memory[1]) / 1024 < _MOST_MEMORY_MB
