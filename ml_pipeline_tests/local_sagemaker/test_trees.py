import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_sagemaker.trees import remove_tree


def test_two_may_remove_the_same(tmp_path: Path) -> None:
    """As ``stop`` and the daemon do, when the supervisor of a job has been killed."""
    tree = tmp_path / "tree"
    for folder in range(20):
        (tree / str(folder)).mkdir(parents=True)
        for file in range(50):
            (tree / str(folder) / str(file)).touch()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(remove_tree, [tree] * 4))
    assert not tree.exists()


def test_a_tree_deeper_than_any_path(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    make_deep(tmp_path / "tree")
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def make_deep(directory: Path, levels: int = 1100) -> None:
    """Put a file where no path can name it, and no recursion gets; with fewer levels, no key."""
    folder = os.open(directory, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("deeper", dir_fd=folder)
        below = os.open("deeper", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("a", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
