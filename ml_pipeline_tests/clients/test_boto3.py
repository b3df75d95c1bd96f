"""boto3 as its documentation shows it."""

from pathlib import Path

from ml_pipeline_tests.clients.conftest import Client


def test_jobs_with_waiters_and_paginators(boto3_client: Client, source: Path) -> None:
    found = boto3_client.run("boto3_jobs.py", str(source)).result
    assert found["bad"] == "Failed"
    assert found["pages"] == [["boto3-0"], ["boto3-1"], ["boto3-2"]]
    assert found["keys"] == [
        *[f"boto3-{number}/algo-1.csv" for number in range(3)],
        "code/preprocess.py",
        "models/boto3-good/output/model.tar.gz",
        "raw/a.csv",
    ]
    assert {stream.partition("/")[0] for stream in found["streams"]} >= {"boto3-0", "boto3-2"}
    assert found["events"] == ["algo-1 reads a.csv"]
    assert found["missing"] == ["ValidationException"] * 3 + ["404"]
