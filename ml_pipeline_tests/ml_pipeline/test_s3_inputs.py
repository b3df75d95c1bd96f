import dagster as dg
import pytest

from ml_pipeline.s3_inputs import version_of
from ml_pipeline_tests.conftest import LocalService

BUCKET = "inputs"


def test_other_contents_make_another_version(local_service: LocalService) -> None:
    s3 = local_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    uri = f"s3://{BUCKET}/a/"
    s3.put_object(Bucket=BUCKET, Key="a/1", Body=b"one")
    first = version_of(s3, uri, "SETTING")
    s3.put_object(Bucket=BUCKET, Key="ab", Body=b"elsewhere")
    assert version_of(s3, uri, "SETTING") == first
    s3.put_object(Bucket=BUCKET, Key="a/2", Body=b"two")
    second = version_of(s3, uri, "SETTING")
    s3.put_object(Bucket=BUCKET, Key="a/2", Body=b"three")
    assert len({first, second, version_of(s3, uri, "SETTING")}) == 3


def test_an_object_is_none_whose_key_is_longer(local_service: LocalService) -> None:
    s3 = local_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="models/m.pt2", Body=b"exported")
    with pytest.raises(dg.Failure, match=r"no object at s3://inputs/models/m\.pt:"):
        version_of(s3, f"s3://{BUCKET}/models/m.pt", "SETTING")


def test_nothing_there_names_the_setting(local_service: LocalService) -> None:
    s3 = local_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    with pytest.raises(dg.Failure, match=r"no object at s3://inputs/nowhere/: .* change SETTING"):
        version_of(s3, f"s3://{BUCKET}/nowhere/", "SETTING")
    with pytest.raises(dg.Failure, match=r"NoSuchBucket.* Check SETTING"):
        version_of(s3, "s3://no-such-bucket/x", "SETTING")
