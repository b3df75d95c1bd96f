"""What a spec may say, and what is said of one that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import engine, spec_of, table
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.spec import Feature, Split
from preprocessing_scripts.tabular.spec_json import parse_spec, read_spec


def error_of(**members: Any) -> str:
    """What is said of a spec when it is read, or put to the table."""
    with pytest.raises(TableError) as caught, engine(table(), spec_of(**members)):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_not_said_has_its_default() -> None:
    spec = parse_spec({"label": {"column": "y"}, "numeric": [{"columns": ["a"]}]})
    assert spec.split == Split("stratified", 0.2, 0, None)
    assert (spec.numeric[0].impute, spec.numeric[0].scale) == ("median", "standard")
    assert (spec.output.format, spec.output.dtype) == ("parquet", "float32")
    assert (spec.label.missing, spec.balance.method, spec.holdout) == ("error", "none", None)


def test_features_are_written_as_their_operation() -> None:
    features = [{"name": "r", "ratio": ["a", "b"]}, {"name": "h", "hour": "t"}]
    spec = parse_spec(spec_of(features=features))
    assert spec.features == (Feature("r", "ratio", ("a", "b")), Feature("h", "hour", ("t",)))


def test_patterns_stand_for_columns_in_the_tables_order() -> None:
    features = [{"name": "bb", "product": ["b", "b"]}]
    numeric = [{"columns": ["b*", "a", "?"]}]
    spec = parse_spec(spec_of(features=features, numeric=numeric, categorical=None))
    # As everywhere, what is named twice counts where it is named first.
    resolved = spec.resolve(["x", "a", "b", "y"])
    assert resolved.numeric[0].columns == ("b", "bb", "a", "x")


def test_a_name_with_brackets_is_a_name() -> None:
    raw = table().rename(columns={"a": "a[0]", "b": "a0"})
    with engine(raw, spec_of(numeric=[{"columns": ["a[0]"]}])) as run:
        assert run.result.schema[0]["name"] == "a[0]"


def test_a_pattern_never_means_the_label_or_the_holdout() -> None:
    raw = table().drop(columns=["c", "t"]).assign(part="x").assign(z=lambda one: one["a"])
    raw.loc[:9, "part"] = "y"
    members = {"categorical": None, "keep": [], "numeric": [{"columns": ["*"]}]}
    with engine(raw, spec_of(holdout={"column": "part", "equals": "y"}, **members)) as run:
        assert [one["name"] for one in run.result.schema] == ["row", "a", "b", "z", "y"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"label": None}, "label"),
        ({"label": {"column": 7}}, "spec.label.column: 7 is not str"),
        ({"label": {"column": "y", "missing": "keep"}}, "'keep' is not one of error, drop"),
        ({"lable": 1}, "spec: unknown: lable (known: label, numeric"),
        ({"numeric": None, "categorical": None}, "neither numeric nor categorical"),
        ({"numeric": {}}, "spec.numeric: {} is not a list"),
        ({"numeric": [7]}, "spec.numeric[0]: 7 is not an object"),
        ({"numeric": [{"columns": "a"}]}, "spec.numeric[0].columns: 'a' is not a list"),
        ({"numeric": [{"columns": []}]}, "without columns"),
        ({"numeric": [{}]}, "spec.numeric[0]: missing 1 required positional argument: 'columns'"),
        ({"numeric": [{"columns": ["a"], "scale": "log"}]}, "spec.numeric[0].scale: 'log' is not"),
        ({"numeric": [{"columns": ["a"], "fill": "1"}]}, "fill: '1' is not float"),
        ({"numeric": [{"columns": ["a"], "fill": float("nan")}]}, "fill"),
        ({"numeric": [{"columns": ["a"], "weight": 1}]}, "spec.numeric[0]: unknown: weight"),
        ({"numeric": [{"columns": ["a"]}, {"columns": ["a", "b"]}]}, "two groups: a"),
        ({"numeric": [{"columns": ["q*"]}]}, "no column 'q*'; the table has: row, y, a"),
        ({"numeric": [{"columns": ["y"]}]}, "y"),
        ({"categorical": [{"columns": ["q"]}]}, "no column 'q'"),
        ({"categorical": [{"columns": ["c"], "min_count": True}]}, "True is not int"),
        ({"categorical": [{"columns": ["c"], "min_count": -1}]}, "min_count"),
        ({"categorical": [{"columns": ["c"]}, {"columns": ["c"]}]}, "c"),
        ({"categorical": [{"columns": ["a"]}]}, "column a is used both as number and as text"),
        ({"features": [{"name": "x", "sum": ["a", "b"]}]}, "give a name and one of ratio"),
        ({"features": [{"ratio": ["a", "b"]}]}, "spec.features[0]: give a name"),
        ({"features": [{"name": "x", "ratio": ["a"]}]}, "takes 2 columns, not ['a']"),
        ({"features": [{"name": "x", "hour": ["t", "t"]}]}, "takes 1 columns"),
        ({"features": [{"name": "x", "ratio": ["a", 7]}]}, "7 is not str"),
        ({"features": [{"name": "x", "ratio": ["a", "q"]}]}, "q"),
        ({"features": [{"name": "a", "ratio": ["a", "b"]}]}, "a"),
        ({"features": [{"name": "x", "hour": "t"}, {"name": "x", "hour": "t"}]}, "x"),
        (
            {"features": [{"name": "x", "ratio": ["z", "a"]}, {"name": "z", "ratio": ["a", "b"]}]},
            "z",
        ),
        ({"features": [{"name": "x", "hour": "a"}]}, "column a is used both as"),
        ({"features": [{"name": "x", "ratio": ["y", "a"]}]}, "y"),
        ({"split": {"validation": 1}}, "must lie between 0 and 1, not 1"),
        ({"split": {"validation": 0.0}}, "must lie between 0 and 1"),
        ({"split": {"method": "temporal"}}, "a temporal split needs the column"),
        ({"split": {"method": "temporal", "column": "q"}}, "q"),
        ({"split": {"method": "temporal", "column": "c"}}, "c"),
        ({"split": {"method": "random"}}, "'random' is not one of hash, stratified, temporal"),
        ({"split": {"seed": 1.5}}, "spec.split.seed: 1.5 is not int"),
        ({"holdout": {"column": "q", "equals": "x"}}, "q"),
        ({"holdout": {"column": "c"}}, "equals"),
        ({"balance": {"method": "smote", "neighbors": 0}}, "neighbors"),
        ({"balance": {"method": "smote", "seed": -1}}, "seed"),
        ({"output": {"format": "json"}}, "'json' is not one of parquet, csv"),
        ({"keep": ["q"]}, "q"),
        ({"keep": ["a"]}, "a"),
        ({"keep": ["row", "row"]}, "row"),
        ({"missing_values": [None]}, "None is not str"),
    ],
    ids=str,
)
def test_a_wrong_spec_is_refused(members: dict[str, Any], said: str) -> None:
    assert said in error_of(**members)


@pytest.mark.parametrize("content", ["", "{", "[]", '"spec"', "null", "\ufffe"])
def test_a_file_that_is_no_spec_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "spec.json"
    path.write_bytes(content.encode("utf-16"))
    with pytest.raises(TableError, match=r"spec\.json: not a spec in JSON"):
        read_spec(path)
    path.write_text(content)
    with pytest.raises(TableError, match="spec"):
        read_spec(path)


def test_a_file_is_read_as_it_is_parsed(tmp_path: Path) -> None:
    content = spec_of(split={"method": "temporal", "column": "t", "validation": 0.25})
    (tmp_path / "spec.json").write_text(json.dumps(content))
    assert read_spec(tmp_path / "spec.json") == parse_spec(content)
