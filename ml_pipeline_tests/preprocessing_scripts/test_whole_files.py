from pathlib import Path

import pytest

from preprocessing_scripts.whole_files import whole_file


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with whole_file(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("written", [True, False])
def test_an_error_leaves_nothing_of_a_file(tmp_path: Path, written: bool) -> None:
    path = tmp_path / "a.txt"

    def write() -> None:
        with whole_file(path) as unfinished:
            if written:
                unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert list(tmp_path.iterdir()) == []
