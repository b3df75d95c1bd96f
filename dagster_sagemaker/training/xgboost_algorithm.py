"""Training jobs of the built-in XGBoost: no script, only channels and hyperparameters."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from dagster_sagemaker.inputs import TrainingChannel
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.training.base import TrainingSettings

_CHANNELS = frozenset({"train", "validation", "code"})
# Of sagemaker_xgboost_container/constants/xgb_content_types.py, without the parameters they take.
_CONTENT_TYPES = (
    "text/csv",
    "csv",
    "text/libsvm",
    "text/x-libsvm",
    "libsvm",
    "application/x-parquet",
    "parquet",
    "application/x-recordio-protobuf",
    "recordio-protobuf",
)


class XGBoostAlgorithm(TrainingSettings):
    """A training job of SageMaker's built-in XGBoost.

    Rows of CSV files hold the label first, and there is no line of names; so with the columns of
    parquet files. The request is the one that the SageMaker SDK's ``Estimator`` sends for this
    image, without the debugger's and the profiler's configuration.
    """

    framework: Literal["xgboost"] = Field(default="xgboost", description="Family of the image.")

    def build(
        self,
        *,
        channels: Sequence[TrainingChannel],
        output_uri: str,
        hyperparameters: Mapping[str, Any],
        overrides: Mapping[str, Any] | None = None,
        version: str = "",
    ) -> JobRequest:
        """The request of one job.

        Args:
            channels: ``train``, and ``validation`` if there is one; each with a content type:
                ``text/csv``, ``application/x-parquet``, ``text/libsvm`` or
                ``application/x-recordio-protobuf``.
            output_uri: S3 prefix; the service writes ``<output_uri>/<job name>/output/*.tar.gz``.
            hyperparameters: XGBoost's own, and ``num_round``, which must be given.
            overrides: Merged into the request last; None removes a member, lists are replaced.
            version: See ``JobRequest.version``.

        Raises:
            ValueError: The image is not known, or the algorithm would refuse channels or
                hyperparameters.
        """
        if "num_round" not in hyperparameters:
            message = "the built-in XGBoost needs the hyperparameter `num_round`"
            raise ValueError(message)
        _check_channels(channels)
        return self._request(
            channels=channels,
            output_uri=output_uri,
            hyperparameters={name: str(value) for name, value in hyperparameters.items()},
            uploads=(),
            overrides=overrides or {},
            version=version,
            pipes=False,
        )


def _check_channels(channels: Sequence[TrainingChannel]) -> None:
    names = [channel.name for channel in channels]
    if "train" not in names or not _CHANNELS.issuperset(names):
        message = f"the built-in XGBoost needs a channel train, and takes validation; got {names}"
        raise ValueError(message)
    for channel in channels:
        kind = (channel.content_type or "").partition(";")[0].strip()
        if kind not in _CONTENT_TYPES:
            message = (
                f"channel {channel.name}: content_type={channel.content_type!r} is none of "
                f"{', '.join(_CONTENT_TYPES)}"
            )
            raise ValueError(message)
