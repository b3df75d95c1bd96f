import dagster as dg
import pytest

from ml_pipeline.partitions import daily, require_partition, window


@pytest.mark.parametrize(
    "tags",
    [
        {"dagster/partition": "2013-02-11"},
        {
            "dagster/asset_partition_range_start": "2013-01-01",
            "dagster/asset_partition_range_end": "2013-12-31",
        },
    ],
)
def test_days_that_exist_pass(tags: dict[str, str]) -> None:
    require_partition(tags)


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        ({}, "names no partition"),
        ({"dagster/partition": "1999-01-01"}, "1999-01-01 is not a partition"),
        ({"dagster/partition": "2013-2-1"}, "2013-2-1 is not a partition"),
        ({"dagster/partition": "2013-02-30"}, "2013-02-30 is not a partition"),
        ({"dagster/partition": "tomorrow"}, "tomorrow is not a partition"),
        ({"dagster/partition": "2014-01-01"}, "2014-01-01 is not a partition"),
        (
            {
                "dagster/asset_partition_range_start": "2013-12-30",
                "dagster/asset_partition_range_end": "2014-01-02",
            },
            "2014-01-02 is not a partition",
        ),
    ],
)
def test_days_that_do_not_exist_are_named_with_what_to_change(
    tags: dict[str, str], named: str
) -> None:
    with pytest.raises(dg.Failure) as failure:
        require_partition(tags)
    assert named in (failure.value.description or "")
    assert "2013-01-01 to 2013-12-31" in (failure.value.description or "")
    assert "ML_PIPELINE_START_DATE" in (failure.value.description or "")
    assert not failure.value.allow_retries


def test_a_window_never_reaches_into_the_future() -> None:
    subset = daily.subset_with_partition_keys(["2013-02-11"])
    upstream = window.get_upstream_mapped_partitions_result_for_partitions(subset, daily, daily)
    keys = sorted(upstream.partitions_subset.get_partition_keys())
    assert (keys[0], keys[-1], len(keys)) == ("2013-01-14", "2013-02-11", 29)
