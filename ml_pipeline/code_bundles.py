"""The code of each SageMaker job: a script, and the modules of ours that it imports.

In the job the script lies beside a folder ``preprocessing_scripts``, so that it imports what it
needs by the same names there, in tests and by hand.
"""

from collections.abc import Sequence
from pathlib import Path

from dagster_sagemaker import CodeBundle
from ml_pipeline import scripts

_PROCESSING = scripts.FOLDER / "preprocessing_scripts"
_TRAINING = scripts.FOLDER / "training_scripts"


def _bundle(script: Path, *modules: str, beside: Sequence[Path] = ()) -> CodeBundle:
    common = ("__init__", "channels", "outcome", "progress", "pipes_connection", "whole_files")
    names = [f"{module}.py" for module in (*common, *modules)]
    files = {f"preprocessing_scripts/{name}": _PROCESSING / name for name in names}
    files |= {path.name: path for path in (script, *beside)}
    return CodeBundle(files, entry_point=script.name)


def _modules_of(package: str) -> list[str]:
    return [f"{package}/{path.stem}" for path in sorted((_PROCESSING / package).glob("*.py"))]


_tabular = _modules_of("tabular")
preprocess = _bundle(
    _PROCESSING / "sklearn_preprocess.py",
    *("features", "flights", "prior_delays", *_tabular),
    beside=[_PROCESSING / "flights_spec.json"],
)
train = _bundle(_TRAINING / "sklearn_train.py", "scores")
evaluate = _bundle(_PROCESSING / "sklearn_evaluate.py", "scores")
tabular = _bundle(_PROCESSING / "tabular_preprocess.py", *_tabular)
_between_hosts = [f"tabular/{name}" for name in ("__init__", "hosts", "joining", "links")]
image_features = _bundle(_PROCESSING / "image_features.py", *_between_hosts, *_modules_of("images"))
text_sequences = _bundle(_PROCESSING / "text_sequences.py", *_modules_of("texts"))
route_statistics = _bundle(_PROCESSING / "route_statistics.py")
custom_image_features = _bundle(_PROCESSING / "custom_image_features.py")
