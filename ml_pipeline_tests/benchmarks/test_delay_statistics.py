"""The jobs that are compared can be made, and pandas counts what the others count."""

from pathlib import Path

import botocore.session
import pandas as pd
import pytest

from benchmarks.delay_statistics import in_pandas
from benchmarks.delay_statistics.jobs import KINDS
from dagster_sagemaker.validation import check_request
from ml_pipeline_tests.preprocessing_scripts import raw_days
from ml_pipeline_tests.preprocessing_scripts.delays import counted
from preprocessing_scripts.flights import read_table

DAYS = ["2013-02-06", "2013-02-07"]


def test_the_jobs_are_valid() -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    for what, make, counts in KINDS:
        for hosts in counts:
            job = {**make(20, hosts, what).request, "ProcessingJobName": "job"}
            check_request(model, "CreateProcessingJob", job)


def test_pandas_counts_by_carrier_route_and_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = raw_days.land(tmp_path / "raw", DAYS, every=20)
    monkeypatch.setattr(in_pandas, "INPUT", raw)
    monkeypatch.setattr(in_pandas, "OUTPUT", tmp_path / "out")
    in_pandas.main()
    found = pd.read_parquet(tmp_path / "out").set_index(["level", "key"]).sort_index()
    tables = [read_table(raw / f"ds={ds}" / "flights.csv", "flights") for ds in DAYS]
    daily = counted(pd.concat(tables, ignore_index=True))
    expected = daily.groupby(["level", "key"])[["arrived", "late"]].sum()
    known = found[found["arrived"] > 0]
    pd.testing.assert_frame_equal(known[["arrived", "late"]], expected, check_dtype=False)
    assert known["planes_known"].sum() > 0
