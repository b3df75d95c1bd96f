from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ml_pipeline.local_sagemaker.trees import remove_tree


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
