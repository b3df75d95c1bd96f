import re
from datetime import date

import pytest
from pydantic import ValidationError

from local_sagemaker.runtimes.images import IMAGES
from ml_pipeline.settings import (
    LOCAL_ROLE,
    LOCAL_SERVICE,
    PIP_OPTIONS,
    Settings,
    SettingsError,
    get_settings,
)
from ml_pipeline_tests.project import ROOT


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ML_PIPELINE_{name.upper()}", raising=False)


def test_without_any_variable_jobs_run_on_this_machine() -> None:
    settings = Settings()
    assert (settings.target, settings.bucket_name, settings.job_role_arn) == (
        "local",
        "ml-pipeline",
        LOCAL_ROLE,
    )


def test_aws_names_every_variable_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_PIPELINE_TARGET", "aws")
    with pytest.raises(ValidationError, match="ML_PIPELINE_BUCKET and ML_PIPELINE_ROLE_ARN"):
        Settings()


def test_an_empty_end_date_means_up_to_yesterday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_PIPELINE_END_DATE", "")
    assert Settings().end_date is None


def test_dates_in_the_wrong_order_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_PIPELINE_END_DATE", "2012-01-01")
    with pytest.raises(ValidationError, match="ML_PIPELINE_END_DATE"):
        Settings()


@pytest.mark.parametrize(
    ("partition", "first"),
    [("2013-02-11", "2013-01-14"), ("2013-01-10", "2013-01-01"), ("2013-01-01", "2013-01-01")],
)
def test_the_window_is_clipped_at_the_first_partition(partition: str, first: str) -> None:
    window = Settings().window(partition)
    assert (window[0], window[-1]) == (first, partition)
    assert window == sorted(set(window))


@pytest.mark.parametrize("partition", ["1999-01-01", "2014-01-01", "2013-2-1", "yesterday"])
def test_what_is_no_partition_is_refused(partition: str) -> None:
    with pytest.raises(ValueError, match=partition):
        Settings(end_date=date(2014, 1, 1)).window(partition)


def test_statistics_that_nothing_would_follow_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_PIPELINE_USE_ROUTE_STATISTICS", "true")
    monkeypatch.setenv("ML_PIPELINE_WAIT_FOR_COMPLETION", "false")
    with pytest.raises(ValidationError, match="needs ML_PIPELINE_WAIT_FOR_COMPLETION=true"):
        Settings()


def test_more_history_than_a_window_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_PIPELINE_WINDOW_DAYS", "3")
    with pytest.raises(ValidationError, match="ML_PIPELINE_MIN_HISTORY_DAYS"):
        Settings()


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_PIPELINE_LOCAL_PORT", "many")
    monkeypatch.setenv("ML_PIPELINE_SPLIT", "random")
    get_settings.cache_clear()
    with pytest.raises(SettingsError) as error:
        get_settings()
    assert "ML_PIPELINE_LOCAL_PORT=many: " in str(error.value)
    assert "ML_PIPELINE_SPLIT=random: " in str(error.value)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("ML_PIPELINE_WINDOWS_DAYS", "ML_PIPELINE_WINDOW_DAYS"),
        ("ML_PIPELINE_BUCKET_NAME", "ML_PIPELINE_BUCKET"),
        ("ML_PIPELINE_LOCAL_EVENT_QUEUE", "ML_PIPELINE_LOCAL_EVENTS_QUEUE"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, wrong: str, meant: str
) -> None:
    monkeypatch.setenv(wrong, "1")
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match=f"{wrong} is no setting.*did you mean {meant}"):
        get_settings()


def test_what_the_local_service_reads_itself_is_known() -> None:
    sources = (ROOT / "local_sagemaker").rglob("*.py")
    names = {
        name
        for source in sources
        for name in re.findall(r'"(ML_PIPELINE_LOCAL_\w+)"', source.read_text())
    }
    assert names == LOCAL_SERVICE


def test_the_options_of_pip_for_each_family_of_images_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    families = {image.family.upper() for image in IMAGES}
    assert {f"ML_PIPELINE_LOCAL_PIP_OPTIONS_{family}" for family in families} == PIP_OPTIONS
    monkeypatch.setenv("ML_PIPELINE_LOCAL_PIP_OPTIONS_PYTORCH", "--extra-index-url=x")
    get_settings.cache_clear()
    get_settings()
