"""Nothing that the service keeps is for others to read, whatever the umask it is started under."""

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from local_sagemaker.daemon import control
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, wait_for

_START = """
import os, sys
os.umask(0)
from pathlib import Path
from local_sagemaker.daemon import control
print(control.ensure_started(Path(sys.argv[1]), 0).url)
"""


def test_all_files_of_a_home_that_was_used(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", _START, str(home)]
    try:
        started = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        _use(started.stdout.strip())
    finally:
        control.stop(home)
    looked_at = set()
    for path in [home, *home.rglob("*")]:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            assert stat.S_IMODE(mode) & 0o077 == 0, f"{path}: {stat.S_IMODE(mode):o}"
            looked_at.add(path.name)
    # A walk that finds nothing proves nothing.
    assert looked_at >= {"jobs.db", "index.db", "blobs", "logs", "supervisor.log", "daemon.log"}


def _use(url: str) -> None:
    def client(service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"1")
    s3.create_multipart_upload(Bucket="bucket", Key="parts")
    sagemaker = client("sagemaker")
    request = processing_request("private")
    request["AppSpecification"]["ImageUri"] = "nowhere/no-such-image:1"
    sagemaker.create_processing_job(**request)

    def ended() -> bool:
        job = sagemaker.describe_processing_job(ProcessingJobName="private")
        return bool(job["ProcessingJobStatus"] == "Failed")

    wait_for(ended, 60)
