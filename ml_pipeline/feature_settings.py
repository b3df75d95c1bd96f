"""The settings of the assets that are made of images and texts; see ``settings``."""

import re

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

_DAY = re.compile(r"\{\{\s*ds\s*\}\}")
_S3_URI = re.compile(r"s3://[^/{}]+(/[^{}]*)?")


class FeatureSettings(BaseSettings):
    """What images and texts there are, and what they are worked on with."""

    images_uri: str = Field(
        default="",
        description="S3 prefix of the images of image_features; `{{ ds }}` in it is the day.",
    )
    image_model_uri: str = Field(
        default="",
        description="S3 URI of the file with the model that embeds them: of torch.export (.pt2) "
        "or TorchScript.",
    )
    image_features_image_uri: str = Field(
        default="",
        description="Image that image_features is made in; empty: AWS's of PyTorch, the one for "
        "GPUs on a type that has some.",
    )
    image_features_instance_type: str = Field(
        default="ml.m5.xlarge", description="Instance type of image_features."
    )
    image_features_instance_count: int = Field(
        default=1, ge=1, description="Instances of image_features; each gets a share of the images."
    )
    image_features_arguments: str = Field(
        default="",
        description="More arguments of its script, as in a shell: `--size 224 --batch-size 64`.",
    )
    texts_uri: str = Field(
        default="",
        description="S3 prefix of the .csv, .csv.gz and .parquet files of text_sequences; "
        "`{{ ds }}` in it is the day.",
    )
    text_column: str = Field(default="text", min_length=1, description="The column of the texts.")
    text_sequences_image_uri: str = Field(
        default="",
        description="Image that text_sequences is made in; empty: AWS's of TensorFlow.",
    )
    text_sequences_instance_type: str = Field(
        default="ml.m5.xlarge", description="Instance type of text_sequences."
    )
    text_sequences_arguments: str = Field(
        default="",
        description="More arguments of its script, as in a shell: `--max-length 64 --oov 10`.",
    )

    @field_validator("images_uri", "image_model_uri", "texts_uri")
    @classmethod
    def _is_s3(cls, value: str) -> str:
        if value and not _S3_URI.fullmatch(_DAY.sub("day", value)):
            raise ValueError("must look like s3://bucket/prefix/ or s3://bucket/ds={{ ds }}/")
        return value

    @field_validator("image_model_uri")
    @classmethod
    def _is_file(cls, value: str) -> str:
        if value and (value.endswith("/") or value.count("/") < 3):
            raise ValueError("must name the model's file, as s3://bucket/models/resnet.pt2 does")
        return value


def of_day(uri: str, ds: str) -> str:
    """A URI of the settings, with the day in the place of ``{{ ds }}``."""
    return _DAY.sub(ds, uri)


def folder_of_day(uri: str, ds: str) -> str:
    """The same as a folder; S3 takes ``images`` for the prefix of ``images-old/``, too."""
    return f"{of_day(uri, ds).rstrip('/')}/"
