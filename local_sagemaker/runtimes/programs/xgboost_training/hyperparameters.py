"""Hyperparameters of the built-in algorithm."""

import ast
from collections.abc import Callable
from typing import Any

from .reporting import UserError


def _names(text: str) -> "frozenset[str]":
    return frozenset(text.split())


_INTEGERS = _names(
    "num_round early_stopping_rounds csv_weights verbosity nthread max_depth refresh_leaf "
    "max_leaves max_bin one_drop num_class seed num_parallel_tree silent _kfold _num_cv_round"
)
_NUMBERS = _names(
    "eta gamma min_child_weight max_delta_step subsample colsample_bytree colsample_bylevel "
    "colsample_bynode lambda alpha sketch_eps scale_pos_weight rate_drop skip_drop lambda_bias "
    "tweedie_variance_power base_score aft_loss_distribution_scale huber_slope max_cat_threshold"
)
_WORDS = _names(
    "booster tree_method dsplit process_type grow_policy predictor sample_type normalize_type "
    "objective aft_loss_distribution deterministic_histogram sampling_method device updater "
    "single_precision_histogram save_model_on_termination _tuning_objective_metric "
    "use_dask_gpu_training max_cat_to_onehot"
)
_LITERALS = ("monotone_constraints", "interaction_constraints")
_RANGES: "dict[str, tuple[str, Callable[[float], bool]]]" = {
    "num_round": ("[1, +inf)", lambda value: value >= 1),
    "early_stopping_rounds": ("[1, +inf)", lambda value: value >= 1),
    "eta": ("[0, 1]", lambda value: 0 <= value <= 1),
    "gamma": ("[0, +inf)", lambda value: value >= 0),
    "max_depth": ("[0, +inf)", lambda value: value >= 0),
    "subsample": ("(0, 1]", lambda value: 0 < value <= 1),
    "colsample_bytree": ("(0, 1]", lambda value: 0 < value <= 1),
    "lambda": ("[0, +inf)", lambda value: value >= 0),
    "alpha": ("[0, +inf)", lambda value: value >= 0),
    "num_class": ("[2, +inf)", lambda value: value >= 2),
}


def parse_hyperparameters(texts: "dict[str, str]") -> "dict[str, Any]":
    """The hyperparameters as what they are.

    Raises:
        UserError: One is missing, unknown, or not what it must be.
    """
    if "num_round" not in texts:
        raise UserError("Missing required hyperparameter: num_round")
    # Those of the service itself, as the SDK sends them, are no one's concern here.
    own = {name: text for name, text in texts.items() if not name.startswith("sagemaker_")}
    values = {name: _value(name, str(text)) for name, text in own.items()}
    for name, (shown, contains) in _RANGES.items():
        if name in values and not contains(values[name]):
            raise UserError(f"Hyperparameter {name}: {values[name]} is not in {shown}")
    multiclass = str(values.get("objective", "")).startswith("multi:")
    if multiclass and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    return values


def _value(name: str, text: str) -> Any:
    try:
        if name in _INTEGERS:
            return int(text)
        if name in _NUMBERS:
            return float(text)
        if name in _LITERALS:
            return str(ast.literal_eval(text))
    except (ValueError, SyntaxError) as error:
        raise UserError(
            f"Hyperparameter {name}: could not parse value (caused by {type(error).__name__})"
        ) from error
    if name == "eval_metric":
        return text.split(",")
    if name not in _WORDS:
        raise UserError(f"Extraneous hyperparameter found: {name}")
    return text
