import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_sagemaker.runtimes.mapping import (
    MappedImage,
    MappingError,
    add_mapping,
    read_mapping,
    remove_mapping,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runtimes.json"


def test_what_is_added_is_read(file: Path) -> None:
    entries = [
        MappedImage("a:*", Path("/x/python"), entrypoint=("a", "b"), command=("c",), train=False),
        MappedImage("b:1", requirements=Path("/x/requirements.txt")),
    ]
    for entry in entries:
        add_mapping(file, entry)
    assert read_mapping(file) == entries[::-1]  # the latest first: it is to win over older patterns
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_entry_for_a_pattern_takes_its_place(file: Path) -> None:
    add_mapping(file, MappedImage("a:1", Path("/old")))
    add_mapping(file, MappedImage("a:*", Path("/other")))
    add_mapping(file, MappedImage("a:1", Path("/new")))
    assert [entry.python for entry in read_mapping(file)] == [Path("/new"), Path("/other")]


def test_removing(file: Path) -> None:
    add_mapping(file, MappedImage("a:1", Path("/x")))
    assert remove_mapping(file, "a:1")
    assert not remove_mapping(file, "a:1")
    assert read_mapping(file) == []


def test_writers_at_once_lose_nothing(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add_mapping(file, MappedImage(f"a:{n}", Path("/x"))), range(40)))
    assert {entry.pattern for entry in read_mapping(file)} == {f"a:{n}" for n in range(40)}


def test_a_file_that_is_garbage_is_not_overwritten(file: Path) -> None:
    file.write_text('{"a": ')
    with pytest.raises(MappingError, match="must look like"):
        add_mapping(file, MappedImage("a:1", Path("/x")))
    assert file.read_text() == '{"a": '


def test_neither_or_both(file: Path) -> None:
    file.write_text(json.dumps({"a:1": {"python": "/x", "requirements": "/y"}}))
    with pytest.raises(MappingError, match='either "python" or "requirements"'):
        read_mapping(file)
