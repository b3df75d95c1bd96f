from pathlib import Path

from preprocessing_scripts.images.files import image_files


def test_every_file_in_the_order_of_names_but_those_that_are_no_data(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.png", "a.jpg", "_SUCCESS", ".hidden.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = list(image_files(tmp_path))
    assert [key for key, _ in found] == ["a.jpg", "b/1.png", "b/2.png"]
    assert found[1][1] == tmp_path / "b" / "1.png"
    assert list(image_files(tmp_path / "nowhere")) == []
