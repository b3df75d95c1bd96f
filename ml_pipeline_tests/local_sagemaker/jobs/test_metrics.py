import pytest

from local_sagemaker.jobs.kinds.training.metrics import MetricReader
from local_sagemaker.jobs.reasons import ClientFault


def read(regex: str, *lines: str) -> dict[str, float]:
    reader = MetricReader([{"Name": "m", "Regex": regex}])
    for line in lines:
        reader.read(line)
    return {one["MetricName"]: one["Value"] for one in reader.final()}


def test_the_last_value_counts() -> None:
    assert read(r"auc=([0-9.]+);", "auc=0.1;", "no", "x auc=0.25; y", "auc=;") == {"m": 0.25}


@pytest.mark.parametrize("line", ["loss=nan", "loss=inf", "loss=abc", "lossy"])
def test_what_is_not_a_finite_number_is_passed_over(line: str) -> None:
    assert read("loss=(.*)", "loss=2e-3", line) == {"m": 0.002}


def test_an_optional_group_may_be_missing() -> None:
    assert read("loss(=.+)?", "loss") == {}


@pytest.mark.parametrize("regex", ["loss=(", "loss=.*"])
def test_a_regex_without_a_group_names_the_metric(regex: str) -> None:
    with pytest.raises(ClientFault, match=r"MetricDefinitions.*'m'"):
        MetricReader([{"Name": "m", "Regex": regex}])
