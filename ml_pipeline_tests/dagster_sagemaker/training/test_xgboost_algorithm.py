"""The built-in XGBoost."""

import pytest

from dagster_sagemaker import TrainingChannel, XGBoostAlgorithm
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE

XGBOOST = XGBoostAlgorithm(role_arn=ROLE, region="us-east-1", framework_version="3.2-0")


def channel(name: str, content_type: str | None = "text/csv") -> TrainingChannel:
    return TrainingChannel(name=name, s3_uri=f"s3://b/{name}/", content_type=content_type)


def test_hyperparameters_are_plain_text_and_there_is_no_code() -> None:
    job = XGBOOST.build(
        channels=[channel("train", "application/x-parquet"), channel("validation", "text/csv")],
        output_uri="s3://b/models",
        hyperparameters={"num_round": 10, "objective": "reg:squarederror", "eta": 0.2},
    )
    assert job.request["HyperParameters"] == {
        "num_round": "10",
        "objective": "reg:squarederror",
        "eta": "0.2",
    }
    assert job.uploads == ()
    types = [entry["ContentType"] for entry in job.request["InputDataConfig"]]
    assert types == ["application/x-parquet", "text/csv"]


@pytest.mark.parametrize(
    ("channels", "named"),
    [
        ([channel("validation")], "needs a channel train"),
        ([channel("train"), channel("holdout")], "takes validation; got .*holdout"),
        ([channel("train", "text/html")], "channel train: content_type='text/html' is none of"),
        ([channel("train", None)], "content_type=None is none of text/csv"),
    ],
)
def test_channels_that_it_would_refuse_are_refused(
    channels: list[TrainingChannel], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        XGBOOST.build(channels=channels, output_uri="s3://b/m", hyperparameters={"num_round": 1})


def test_the_number_of_rounds_must_be_given() -> None:
    with pytest.raises(ValueError, match="`num_round`"):
        XGBOOST.build(channels=[channel("train")], output_uri="s3://b/m", hyperparameters={})
