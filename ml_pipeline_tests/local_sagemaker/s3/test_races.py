"""Many writers at once: in one server, and in several processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CLAIM = """
import sys
from pathlib import Path
from local_sagemaker.s3.checksums import Digests
from local_sagemaker.s3.conditions import WriteCondition
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.records import Attributes
from local_sagemaker.s3.store import ObjectStore

store = ObjectStore(Path(sys.argv[1]))
with store.objects.write(Digests()) as writer:
    writer.write(sys.argv[2].encode())
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        condition = WriteCondition(if_none_match="*")
        store.objects.commit(writer, "a-bucket", "claim", Attributes(), condition=condition)
        print("won")
    except S3Error as error:
        print(error.code)
"""


def test_one_of_many_clients_wins_an_if_none_match(s3: S3Client, store: ObjectStore) -> None:
    def claim(number: int) -> str | None:
        try:
            s3.put_object(Bucket=BUCKET, Key="claim", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return None
        return str(number)

    with ThreadPoolExecutor(10) as pool:
        winners = [each for each in pool.map(claim, range(30)) if each is not None]
    assert [store.read_bytes(BUCKET, "claim").decode()] == winners
    assert len(files_of(store.root)) == 1


def test_one_of_many_processes_wins_an_if_none_match(store: ObjectStore) -> None:
    claimants = [
        subprocess.Popen(
            [sys.executable, "-c", _CLAIM, str(store.root), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for claimant in claimants:
        assert claimant.stdout is not None
        assert claimant.stdout.readline() == "ready\n"
    for claimant in claimants:
        assert claimant.stdin is not None
        claimant.stdin.write("\n")
        claimant.stdin.flush()
    outcomes = [claimant.communicate()[0].strip() for claimant in claimants]
    assert sorted(outcomes) == ["PreconditionFailed"] * 3 + ["won"]
    assert store.read_bytes(BUCKET, "claim").decode() == str(outcomes.index("won"))
    assert len(files_of(store.root)) == 1


def test_readers_and_writers_of_one_key_see_whole_versions(store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"0" * 100_000)

    def write(number: int) -> None:
        store.put_bytes(BUCKET, "k", str(number).encode() * 100_000)

    def read(_: int) -> None:
        data = store.read_bytes(BUCKET, "k")
        assert (len(data), len(set(data))) == (100_000, 1)

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(work, n) for n in range(10) for work in (write, read, read)]
        for result in results:
            result.result()
    assert len(files_of(store.root)) == 1
