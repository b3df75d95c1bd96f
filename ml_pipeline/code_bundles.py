"""The code of each SageMaker job: a script, and the modules it imports beside it."""

from pathlib import Path

import preprocessing_scripts
import training_scripts
from ml_pipeline.sagemaker import CodeBundle

_PROCESSING = Path(preprocessing_scripts.__file__).parent
_TRAINING = Path(training_scripts.__file__).parent
_COMMON = [_PROCESSING / name for name in ("channels.py", "outcome.py", "progress.py")]

preprocess = CodeBundle(
    [
        _PROCESSING / "sklearn_preprocess.py",
        _PROCESSING / "features.py",
        _PROCESSING / "flights.py",
        *_COMMON,
    ],
    entry_point="sklearn_preprocess.py",
)
train = CodeBundle(
    [_TRAINING / "sklearn_train.py", _PROCESSING / "scores.py", *_COMMON],
    entry_point="sklearn_train.py",
)
evaluate = CodeBundle(
    [_PROCESSING / "sklearn_evaluate.py", _PROCESSING / "scores.py", *_COMMON],
    entry_point="sklearn_evaluate.py",
)
