"""Assets whose inputs are settings, each with a job of its own.

Without its settings such an asset is in the graph all the same, and says what it lacks; but nothing
can make it, so that whoever materializes all assets makes all that can be made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from ml_pipeline.assets.image_features import image_features
from ml_pipeline.assets.route_features import route_features
from ml_pipeline.assets.route_statistics import route_statistics
from ml_pipeline.assets.text_sequences import text_sequences
from ml_pipeline.settings import PREFIX, Settings

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


@dataclass(frozen=True)
class OptionalAsset:
    """An asset that needs settings.

    Args:
        asset: The asset.
        job_name: What its job is called.
        description: What the job does.
        needs: The fields of ``Settings`` that must not be empty.
        upstream: What the job makes before it.
    """

    asset: dg.AssetsDefinition
    job_name: str
    description: str
    needs: Sequence[str]
    upstream: Sequence[dg.AssetsDefinition] = ()

    def definition(self, settings: Settings) -> dg.AssetsDefinition | dg.AssetSpec:
        """The asset; if it lacks a setting, what the graph shows in its place."""
        reason = self._lacks(settings)
        if reason is None:
            return self.asset
        (spec,) = self.asset.specs
        return spec.replace_attributes(description=f"{reason}\n\n{spec.description}")

    def job(self, settings: Settings) -> "dg.JobDefinition | UnresolvedAssetJobDefinition":
        """The job that makes the asset; if it lacks a setting, one that fails and says so."""
        reason = self._lacks(settings)
        if reason is None:
            selection = dg.AssetSelection.assets(*self.upstream, self.asset)
            return dg.define_asset_job(
                self.job_name, selection=selection, description=self.description
            )
        return _failing(self.job_name, reason)

    def _lacks(self, settings: Settings) -> str | None:
        names = [PREFIX + name.upper() for name in self.needs if not getattr(settings, name)]
        if not names:
            return None
        (key,) = self.asset.keys
        return (
            f"{key.to_user_string()} cannot be made yet: set {' and '.join(names)}, and reload the "
            "code location."
        )


OPTIONAL = (
    OptionalAsset(
        image_features,
        job_name="embed_images",
        description="Embed the images of a day by a pretrained model.",
        needs=("images_uri", "image_model_uri"),
    ),
    OptionalAsset(
        text_sequences,
        job_name="sequence_texts",
        description="Make padded token sequences of the texts of a day.",
        needs=("texts_uri",),
    ),
    OptionalAsset(
        route_features,
        job_name="ingest_features",
        description="Count how late flights were before a day, and put that into a feature group.",
        needs=("feature_group",),
        upstream=(route_statistics,),
    ),
)
"""All of them."""


def _failing(name: str, reason: str) -> dg.JobDefinition:
    @dg.op(name=f"{name}_lacks_settings")
    def fail() -> None:
        raise dg.Failure(reason, allow_retries=False)

    @dg.job(name=name, description=reason)
    def lacking() -> None:
        fail()

    return lacking
