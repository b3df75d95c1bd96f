"""What a feature group is to be."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self


class FeatureGroup(BaseModel):
    """A feature group, all but its definitions, which a data frame's columns give.

    Examples:
        >>> routes = FeatureGroup(name="routes", record_identifier="route", event_time="at")
        >>> routes.request({"route": "String", "at": "String"})["OnlineStoreConfig"]
        {'EnableOnlineStore': True}
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Name of the group.")
    record_identifier: str = Field(description="Column that tells records apart.")
    event_time: str = Field(
        description="Column that says as of when a record is: times (without a zone: UTC), "
        "ISO-8601 texts that end in Z, or seconds since the epoch as floats."
    )
    online: bool = Field(default=True, description="Whether it has an online store.")
    ttl_seconds: int | None = Field(
        default=None,
        ge=1,
        description="How long after its event time the online store keeps a record.",
    )
    offline_s3_uri: str | None = Field(
        default=None, description="Where its offline store is; none without."
    )
    role_arn: str | None = Field(
        default=None, description="Role that writes the offline store; needed if there is one."
    )
    description: str = Field(default="", max_length=128, description="What it is, for people.")
    tags: dict[str, str] = Field(default_factory=dict, description="Tags of the group.")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Members of CreateFeatureGroup instead of those made."
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if not self.online and self.offline_s3_uri is None:
            message = "give offline_s3_uri, or leave online as it is: a group needs a store"
            raise ValueError(message)
        if self.offline_s3_uri is not None and self.role_arn is None:
            message = "offline_s3_uri needs role_arn, the role that writes there"
            raise ValueError(message)
        return self

    def request(self, types: Mapping[str, str]) -> dict[str, Any]:
        """What CreateFeatureGroup takes.

        Args:
            types: The type of each feature by its name: Integral, Fractional or String.
        """
        request: dict[str, Any] = {
            "FeatureGroupName": self.name,
            "RecordIdentifierFeatureName": self.record_identifier,
            "EventTimeFeatureName": self.event_time,
            "FeatureDefinitions": [
                {"FeatureName": name, "FeatureType": kind} for name, kind in types.items()
            ],
        }
        if self.online:
            request["OnlineStoreConfig"] = {"EnableOnlineStore": True, **self._ttl()}
        if self.offline_s3_uri is not None:
            request["OfflineStoreConfig"] = {"S3StorageConfig": {"S3Uri": self.offline_s3_uri}}
            request["RoleArn"] = self.role_arn
        if self.description:
            request["Description"] = self.description
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return {**request, **self.overrides}

    def _ttl(self) -> dict[str, Any]:
        if self.ttl_seconds is None:
            return {}
        return {"TtlDuration": {"Unit": "Seconds", "Value": self.ttl_seconds}}
