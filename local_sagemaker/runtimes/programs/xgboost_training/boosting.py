"""Training with XGBoost, a line of metrics a round, and the model's file."""

import pickle
from pathlib import Path
from typing import Any

import xgboost as xgb

from .reporting import UserError, log

_NOT_XGBOOSTS = frozenset(
    [
        "num_round",
        "early_stopping_rounds",
        "csv_weights",
        "dsplit",
        "_tuning_objective_metric",
        "_kfold",
        "_num_cv_round",
        "save_model_on_termination",
        "use_dask_gpu_training",
    ]
)
# From 1.3 on, the images save models in XGBoost's own format; before, pickled.
_OWN_FORMAT = (1, 3)


class _Lines:
    """Prints each round's metrics, in the shape that the service's regular expressions expect."""

    def __init__(self) -> None:
        self.round = 0

    def write(self, metrics: "list[tuple[str, float]]") -> None:
        # The real service's logs have a tab as its number.
        shown = "".join(f"#011{name}:{value:.5f}" for name, value in metrics)
        print(f"[{self.round}]{shown}", flush=True)
        self.round += 1


def boost(parameters: "dict[str, Any]", matrices: "list[tuple[xgb.DMatrix, str]]") -> Any:
    """Train a model.

    Args:
        parameters: The hyperparameters.
        matrices: What to train on, and after it what to look at; each with its name.

    Raises:
        UserError: XGBoost does not take the parameters.
    """
    own = {key: value for key, value in parameters.items() if key not in _NOT_XGBOOSTS}
    try:
        return xgb.train(
            own,
            matrices[0][0],
            num_boost_round=parameters["num_round"],
            evals=matrices,
            early_stopping_rounds=parameters.get("early_stopping_rounds"),
            callbacks=[_callback(_Lines())],
            verbose_eval=False,
        )
    except xgb.core.XGBoostError as error:
        raise UserError(f"XGB train call failed with exception:\n {error}") from error


def _callback(lines: _Lines) -> Any:
    if not hasattr(xgb.callback, "TrainingCallback"):
        # Before 1.3 a callback is a function.
        return lambda env: lines.write([item[:2] for item in env.evaluation_result_list])

    class Printer(xgb.callback.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, _model: Any, _epoch: int, logs: Any) -> bool:
            lines.write(
                [
                    (f"{data}-{metric}", values[-1])
                    for data, metrics in logs.items()
                    for metric, values in metrics.items()
                ]
            )
            return False

    return Printer()


def save(model: Any, directory: Path) -> None:
    """Write the model as the image does."""
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / "xgboost-model"
    version = tuple(int(part) for part in xgb.__version__.split(".")[:2])
    if version >= _OWN_FORMAT:
        model.save_model(str(target))
    else:
        with target.open("wb") as file:
            pickle.dump(model, file)
    log.info("Stored trained model at %s", target)
