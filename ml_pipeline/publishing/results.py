"""What an asset returns for the days that its run has made."""

from collections.abc import Mapping
from typing import TypeVar

import dagster as dg

from ml_pipeline.publishing.artifacts import Artifact

ArtifactT = TypeVar("ArtifactT", bound=Artifact)


def materialized(made: Mapping[str, ArtifactT]) -> dg.MaterializeResult[Mapping[str, ArtifactT]]:
    """The artifacts of some days, for the IO manager to publish.

    The contents are the data version of a day, so that what depends on it becomes stale when they
    change and only then. Dagster takes one version a run: a run of several days goes without.

    Args:
        made: Artifacts by day.
    """
    version = dg.DataVersion(next(iter(made.values())).etags()) if len(made) == 1 else None
    return dg.MaterializeResult(value=made, data_version=version)
