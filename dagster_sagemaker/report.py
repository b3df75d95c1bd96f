"""``report.json``: what a job reports of record, read from its outputs after success."""

import json
import tarfile
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.result import S3Output
from dagster_sagemaker.s3_uri import S3Location, parse_s3_uri

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

REPORT_FILE = "report.json"
_MAX_BYTES = 16 * 1024 * 1024


def read_report(
    s3: "S3Client", kind: JobKind, outputs: Mapping[str, S3Output]
) -> dict[str, Any] | None:
    """The report of a job.

    A processing job has it in its output ``report``; a training job in /opt/ml/output/data, which
    the service packs into output.tar.gz.

    Returns:
        The report, or None if the job wrote none.

    Raises:
        dagster.Failure: It cannot be read, is not a JSON object, or not of a report's size.
    """
    output = outputs.get("report" if kind.name == "processing" else "output")
    found = None if output is None else _report_object(output)
    if found is None:
        return None
    uri = found.uri
    with explain_refusal(f"read {uri}", "that the credentials in use may read the bucket"):
        stream = s3.get_object(Bucket=found.bucket, Key=found.key)["Body"]
    with closing(stream):
        if found.key.endswith(".tar.gz"):
            return _from_archive(stream, uri)
        return _parsed(stream.read(_MAX_BYTES + 1), uri)


def _report_object(output: S3Output) -> S3Location | None:
    bucket, prefix = parse_s3_uri(output.uri)
    wanted = prefix + REPORT_FILE if prefix.endswith("/") else prefix
    for found in output.objects:
        if found.key == wanted:
            return S3Location(bucket, found.key)
    return None


def _from_archive(stream: "StreamingBody", uri: str) -> dict[str, Any] | None:
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            for member in archive:
                if member.name.removeprefix("./") == REPORT_FILE and member.isfile():
                    file = archive.extractfile(member)
                    content = b"" if file is None else file.read(_MAX_BYTES + 1)
                    return _parsed(content, f"{REPORT_FILE} in {uri}")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise dg.Failure(f"{uri} is not a readable tar.gz: {error}", allow_retries=False) from error
    return None


def _parsed(content: bytes, where: str) -> dict[str, Any]:
    if len(content) > _MAX_BYTES:
        raise dg.Failure(f"{where} is larger than {_MAX_BYTES} bytes", allow_retries=False)
    try:
        report = json.loads(content)
    except ValueError as error:
        raise dg.Failure(f"{where} is not valid JSON: {error}", allow_retries=False) from error
    if not isinstance(report, dict):
        raise dg.Failure(f"{where} is no JSON object: {type(report)}", allow_retries=False)
    return report
