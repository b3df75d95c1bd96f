from concurrent.futures import ThreadPoolExecutor

import pytest

from ml_pipeline.publishing.artifacts import Evaluation, Model
from ml_pipeline.publishing.champion import KEY, Champion, promote
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import read_json


@pytest.fixture
def bucket(local_service: LocalService, request: pytest.FixtureRequest) -> str:
    name = f"champion-{abs(hash(request.node.name))}"
    local_service.client("s3").create_bucket(Bucket=name)
    return name


def champion(partition: str) -> Champion:
    return Champion(partition=partition, model=Model(outputs={}), evaluation=Evaluation(outputs={}))


def test_a_later_day_replaces_an_earlier_one_and_not_the_other_way(
    local_service: LocalService, bucket: str
) -> None:
    s3 = local_service.client("s3")
    for partition, expected in (
        ("2013-02-11", "2013-02-11"),
        ("2013-02-10", "2013-02-11"),
        ("2013-02-12", "2013-02-12"),
    ):
        assert promote(s3, bucket, champion(partition)).partition == expected
        assert read_json(s3, bucket, KEY)["partition"] == expected


def test_of_many_at_once_the_latest_day_wins(local_service: LocalService, bucket: str) -> None:
    days = [f"2013-03-{day:02d}" for day in (3, 9, 1, 8, 2, 7, 5, 4, 6)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda day: promote(local_service.client("s3"), bucket, champion(day)), days))
    assert read_json(local_service.client("s3"), bucket, KEY)["partition"] == "2013-03-09"
