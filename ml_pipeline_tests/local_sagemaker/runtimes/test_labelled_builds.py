import pytest

from local_sagemaker.runtimes.labelled_builds import labelled_versions, nearest, with_versions

INDEX = [
    "WARNING: Location 'file:///x' is ignored: it is neither a file nor a directory.",
    "torch (2.15.0)",
    "Available versions: 2.15.0, 2.15.0.dev1+cpu, 2.13.0+cpu, 2.9.1+cu130, 2.9.0+cpu, 2.8.0+cpu",
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("2.9.0+cpu", "2.9.0+cpu"),
        ("2.10.0+cpu", "2.13.0+cpu"),
        ("2.14.0+cpu", "2.13.0+cpu"),
        ("1.13.1+cpu", "2.8.0+cpu"),
        ("2.8.0+xpu", None),
    ],
)
def test_the_nearest_with_the_label(wanted: str, found: str | None) -> None:
    assert nearest(wanted, INDEX) == found


def test_an_index_that_says_nothing() -> None:
    assert nearest("2.9.0+cpu", ["ERROR: No matching distribution found for torch"]) is None


def test_only_what_has_a_label_is_replaced() -> None:
    texts = (
        'torch==2.10.0+cpu; python_version >= "3.8"',
        'torch==2.10.0; python_version < "3.8"',
        "numpy",
    )
    assert labelled_versions(texts) == {"torch": "2.10.0+cpu"}
    assert with_versions(texts, {"torch": "2.13.0+cpu"}) == ["torch==2.13.0+cpu", *texts[1:]]
