import pytest

from local_sagemaker.feature_store.event_time import iso, parse_event_time
from local_sagemaker.service_errors import ServiceError


@pytest.mark.parametrize(
    ("text", "feature_type", "seconds"),
    [
        ("1970-01-01T00:00:00Z", "String", 0.0),
        ("2026-01-31T12:00:00Z", "String", 1769860800.0),
        ("2026-01-31T12:00:00.250Z", "String", 1769860800.25),
        ("1769860800", "Fractional", 1769860800.0),
        ("1769860800.25", "Fractional", 1769860800.25),
        ("1.7698608E9", "Fractional", 1769860800.0),
    ],
)
def test_both_forms(text: str, feature_type: str, seconds: float) -> None:
    assert parse_event_time(text, feature_type) == seconds


@pytest.mark.parametrize(
    ("text", "feature_type"),
    [
        ("2026-01-31", "String"),
        ("2026-01-31T12:00:00", "String"),
        ("2026-01-31T12:00:00+00:00", "String"),
        ("2026-02-30T12:00:00Z", "String"),
        ("2026-01-31T12:00:00.25Z", "String"),
        ("1769860800", "String"),
        ("", "String"),
        ("2026-01-31T12:00:00Z", "Fractional"),
        ("-1", "Fractional"),
        ("nan", "Fractional"),
        ("1769860800000", "Fractional"),  # milliseconds
    ],
)
def test_other_forms_are_refused(text: str, feature_type: str) -> None:
    with pytest.raises(ServiceError, match="ValidationError: Validation Error: The event time"):
        parse_event_time(text, feature_type)


def test_times_are_written_with_milliseconds() -> None:
    assert iso(1769860800.25) == "2026-01-31T12:00:00.250Z"
