from pathlib import Path

import numpy as np

from preprocessing_scripts.images.batches import (
    NAMED,
    Pixels,
    Unreadable,
    UnreadableImageError,
    batches,
)


def read(path: Path) -> Pixels:
    if path.suffix == ".txt":
        raise UnreadableImageError("no image")
    return np.full((3, 2, 2), float(path.stem), np.float32)


def test_what_cannot_be_read_leaves_no_gap() -> None:
    files = [(name, Path(name)) for name in ("0.png", "x.txt", "1.png", "2.png", "y.txt")]
    said: list[str] = []
    unreadable = Unreadable()
    made = list(batches(files, read, 2, unreadable, said.append))
    assert [keys for keys, _ in made] == [["0.png", "1.png"], ["2.png"]]
    assert [pixels.shape for _, pixels in made] == [(2, 3, 2, 2), (1, 3, 2, 2)]
    assert made[0][1][1].max() == 1
    assert unreadable.count == 2
    assert said == ["unreadable image: x.txt: no image", "unreadable image: y.txt: no image"]


def test_images_are_read_when_their_batch_is_due() -> None:
    opened: list[str] = []

    def note(path: Path) -> Pixels:
        opened.append(path.name)
        return read(path)

    files = ((f"{number}.png", Path(f"{number}.png")) for number in range(100))
    next(iter(batches(files, note, 4, Unreadable(), print)))
    assert len(opened) == 4


def test_a_report_names_some_and_counts_all() -> None:
    files = [(f"{number}.txt", Path(f"{number}.txt")) for number in range(NAMED + 5)]
    unreadable = Unreadable()
    assert list(batches(files, read, 8, unreadable, lambda _: None)) == []
    assert (unreadable.count, len(unreadable.named)) == (NAMED + 5, NAMED)
