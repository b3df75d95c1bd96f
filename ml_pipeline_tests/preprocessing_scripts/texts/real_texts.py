"""Real texts that a dependency ships: the descriptions of scikit-learn's data sets."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd


def paragraphs() -> pd.DataFrame:
    """A paragraph a row: column ``text``, and ``label``, the number of the description."""
    found = find_spec("sklearn")  # not imported: that takes seconds
    assert found is not None
    assert found.origin is not None
    descriptions = sorted((Path(found.origin).parent / "datasets" / "descr").glob("*.rst"))
    rows = [
        (text.strip(), number)
        for number, path in enumerate(descriptions)
        for text in path.read_text(encoding="utf-8").split("\n\n")
        if text.strip()
    ]
    return pd.DataFrame(rows, columns=["text", "label"])
