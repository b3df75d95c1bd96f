"""S3 IO managers: they publish what jobs left in S3, and load what was published.

An asset returns a reference (``RawDay``, ``Dataset``, ``Model``, ``Evaluation``). Writing it
commits the partition's manifest, after which readers see it. What an input gets depends on its
annotation: a reference where it asks for one, otherwise the data itself; a dict by partition where
it asks for a dict or where there are several partitions.
"""

import io
import tarfile
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, get_args, get_origin

import dagster as dg

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.partitions import require_partition
from ml_pipeline.publishing.artifacts import (
    Artifact,
    Dataset,
    Evaluation,
    Features,
    Model,
    RawDay,
    Sequences,
    Statistics,
    StoredObject,
)
from ml_pipeline.publishing.manifests import Manifests

if TYPE_CHECKING:
    import pandas as pd


class S3ManifestIOManager(dg.ConfigurableIOManager):
    """Writes and reads the manifests of one kind of artifact.

    Args:
        connection: How to reach S3.
        bucket: Where data and manifests are.
    """

    kind: ClassVar[type[Artifact]]

    connection: dg.ResourceDependency[SageMakerConnection]
    bucket: str

    @abstractmethod
    def open(self, artifact: Any, manifests: Manifests) -> Any:
        """The data that an artifact refers to, for an input that does not ask for the reference."""

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Publish a partition, or several when ``obj`` is a dict by partition."""
        manifests = self._manifests()
        asset = context.asset_key.path[-1]
        parts = obj if isinstance(obj, Mapping) else {context.asset_partition_key: obj}
        for partition in sorted(parts):
            uri = manifests.publish(asset, partition, parts[partition])
            context.step_context.add_asset_metadata(
                {"dagster/uri": uri}, context.asset_key, partition
            )

    def load_input(self, context: dg.InputContext) -> Any:
        """Load one partition, or a dict of several.

        Raises:
            dagster.Failure: A partition was never materialized; all that are missing are named.
        """
        require_partition(context.step_context.dagster_run.tags)
        keys = context.asset_partition_keys
        wanted = context.dagster_type.typing_type
        as_dict = get_origin(wanted) in {dict, Mapping}
        manifests = self._manifests()
        found = self._find(manifests, context.asset_key.path[-1], keys)
        if _asks_for_reference(get_args(wanted)[1] if as_dict else wanted):
            values: dict[str, Any] = dict(found)
        else:
            values = {key: self.open(artifact, manifests) for key, artifact in found.items()}
        return values if as_dict or len(keys) > 1 else values[keys[0]]

    def _find(self, manifests: Manifests, asset: str, keys: Sequence[str]) -> dict[str, Artifact]:
        found = {key: manifests.find(asset, key, self.kind) for key in keys}
        missing = [key for key, artifact in found.items() if artifact is None]
        if missing:
            raise _missing(asset, missing, manifests)
        return {key: artifact for key, artifact in found.items() if artifact is not None}

    def _manifests(self) -> Manifests:
        return Manifests(self.connection.client("s3"), self.bucket)


class S3RawDayIOManager(S3ManifestIOManager):
    """Raw days: an input gets the bytes of each file, by its key's last part."""

    kind = RawDay

    def open(self, artifact: RawDay, manifests: Manifests) -> dict[str, bytes]:
        """See ``S3ManifestIOManager``."""
        return {
            stored.key.rpartition("/")[2]: manifests.read(stored)
            for stored in artifact.outputs["files"].objects
        }


class S3DatasetIOManager(S3ManifestIOManager):
    """Datasets: an input gets a DataFrame of train and validation, by index level ``channel``."""

    kind = Dataset

    def open(self, artifact: Dataset, manifests: Manifests) -> Any:
        """See ``S3ManifestIOManager``."""
        import pandas as pd

        channels = {
            name: _frame(artifact.outputs[name].objects, manifests)
            for name in ("train", "validation")
        }
        return pd.concat(channels, names=["channel"])


class S3ModelIOManager(S3ManifestIOManager):
    """Models: an input gets the fitted scikit-learn estimator."""

    kind = Model

    def open(self, artifact: Model, manifests: Manifests) -> Any:
        """See ``S3ManifestIOManager``."""
        import joblib

        archive = manifests.read(artifact.outputs["model"].objects[0])
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            member = tar.extractfile("model.joblib")
            if member is None:
                raise ValueError(f"{artifact.outputs['model'].uri} holds no file model.joblib")
            return joblib.load(io.BytesIO(member.read()))


class S3EvaluationIOManager(S3ManifestIOManager):
    """Evaluations: an input gets the report as bytes of JSON."""

    kind = Evaluation

    def open(self, artifact: Evaluation, manifests: Manifests) -> bytes:
        """See ``S3ManifestIOManager``."""
        return manifests.read(artifact.outputs["report"].objects[0])


class S3StatisticsIOManager(S3ManifestIOManager):
    """Statistics: an input gets those of the whole window as a DataFrame."""

    kind = Statistics

    def open(self, artifact: Statistics, manifests: Manifests) -> Any:
        """See ``S3ManifestIOManager``."""
        return _frame(artifact.outputs["statistics"].objects, manifests)


class S3FeaturesIOManager(S3ManifestIOManager):
    """Features: an input gets them as a DataFrame."""

    kind = Features

    def open(self, artifact: Features, manifests: Manifests) -> Any:
        """See ``S3ManifestIOManager``."""
        return _frame(artifact.outputs["features"].objects, manifests)


class S3SequencesIOManager(S3ManifestIOManager):
    """Sequences: an input gets the S3 URIs of their files, by output."""

    kind = Sequences

    def open(self, artifact: Sequences, manifests: Manifests) -> dict[str, list[str]]:
        """See ``S3ManifestIOManager``."""
        return {
            name: [f"s3://{manifests.bucket}/{stored.key}" for stored in output.objects]
            for name, output in artifact.outputs.items()
        }


def _frame(objects: Sequence[StoredObject], manifests: Manifests) -> "pd.DataFrame":
    """The rows of parquet and CSV objects, in one frame."""
    import pandas as pd
    from pyarrow import BufferReader
    from pyarrow.parquet import ParquetFile

    def read(stored: StoredObject) -> pd.DataFrame:
        content = manifests.read(stored)
        if not stored.key.endswith(".parquet"):
            return pd.read_csv(io.BytesIO(content))
        # pandas would give pyarrow's threads a Python file to hold: apache/arrow#34314.
        frame: pd.DataFrame = ParquetFile(BufferReader(content)).read().to_pandas()
        return frame

    return pd.concat(map(read, objects), ignore_index=True)


def _asks_for_reference(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Artifact)


def _missing(asset: str, days: Sequence[str], manifests: Manifests) -> dg.Failure:
    shown = ", ".join(days[:5]) + (f" and {len(days) - 5} more" if len(days) > 5 else "")
    command = f"dagster asset materialize -m ml_pipeline --select {asset} --partition {days[0]}"
    return dg.Failure(
        f"{asset} lacks {len(days)} of the days this partition needs: {shown} "
        f"(looked for {manifests.uri(asset, days[0])}). To make them: {command}",
        allow_retries=False,
    )
