import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from preprocessing_scripts.channels import read_channel

# Threads of pyarrow that hold a Python object abort a process that ends just then.
COUNT_THREADS = """
import os, sys
from pathlib import Path
from preprocessing_scripts.channels import read_channel

before = len(os.listdir("/proc/self/task"))
read_channel(Path(sys.argv[1]))
print(len(os.listdir("/proc/self/task")) - before)
"""


def channel(rows: int = 1000) -> pd.DataFrame:
    values = np.arange(rows, dtype=np.float32)
    return pd.DataFrame(
        {"hour": values, "distance": -values, "label": np.int8(1), "ds": "2013-02-11"}
    )


def test_a_channel_comes_back_as_it_was_written(tmp_path: Path) -> None:
    channel().to_parquet(tmp_path / "part-00000.parquet", index=False)
    pd.testing.assert_frame_equal(read_channel(tmp_path), channel())


def test_reading_leaves_no_thread_behind_that_could_abort_the_process(tmp_path: Path) -> None:
    channel().to_parquet(tmp_path / "part-00000.parquet", index=False)
    done = subprocess.run(
        [sys.executable, "-c", COUNT_THREADS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")
