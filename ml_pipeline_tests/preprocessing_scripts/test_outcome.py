import json
from functools import partial
from pathlib import Path

import pytest

from preprocessing_scripts.flights import RawDataError
from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report


def ending_in(error: Exception) -> None:
    raise error


def run(error: Exception, root: Path) -> int:
    return run_script(partial(ending_in, error), "message", (RawDataError,), root)


@pytest.mark.parametrize("error", [ScriptError("no\n  days"), RawDataError("no days")])
def test_an_expected_error_is_one_line_printed_and_left_for_sagemaker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    assert run(error, tmp_path) == 1
    assert capsys.readouterr().err == "error: no days\n"
    assert (tmp_path / "output" / "message").read_text() == "no days"


def test_an_unexpected_error_shows_its_traceback_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(KeyError("temp"), tmp_path) == 1
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "ending_in" in printed
    assert (tmp_path / "output" / "message").read_text() == "KeyError: 'temp'"


def test_a_long_message_is_cut_between_characters(tmp_path: Path) -> None:
    assert run(ScriptError("x" + "é" * 2000), tmp_path) == 1
    left = (tmp_path / "output" / "message").read_bytes()
    assert len(left) == 1023
    assert left.decode().endswith("é")


def test_outside_a_container_nothing_is_left(tmp_path: Path) -> None:
    assert run(ScriptError("no days"), tmp_path / "opt") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_message_that_cannot_be_left_does_not_hide_the_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "output").write_text("a file is in the way")
    assert run(ScriptError("no days"), tmp_path) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: no days\n")
    assert f"cannot write {tmp_path}/output/message" in printed


def test_success_leaves_no_message(tmp_path: Path) -> None:
    assert run_script(lambda: None, "message", root=tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


def test_argument_errors_are_script_errors() -> None:
    with pytest.raises(ScriptError, match=r"x\.py: the following arguments are required: --ds"):
        parser = ArgumentParser(prog="x.py")
        parser.add_argument("--ds", required=True)
        parser.parse_args([])


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_report(tmp_path, {"auc": 0.5}, [{"name": "a", "type": "float32"}], {"notes": []})
    first = (tmp_path / "report.json").read_text()
    assert json.loads(first)["metrics"] == {"auc": 0.5}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(tmp_path, {"auc": float("nan")}, [], {})
    assert (tmp_path / "report.json").read_text() == first
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
