"""The network of a job."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self


class NetworkConfig(BaseModel):
    """The network of a job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subnets: tuple[str, ...] = Field(default=(), description="Subnets of a VPC to run in.")
    security_group_ids: tuple[str, ...] = Field(default=(), description="Groups in that VPC.")
    isolation: bool = Field(
        default=False, description="Containers have no network, not even to reach S3."
    )
    encrypt_traffic: bool | None = Field(
        default=None, description="Encrypt what the instances of a job send each other."
    )

    @model_validator(mode="after")
    def _vpc_is_whole(self) -> Self:
        if bool(self.subnets) != bool(self.security_group_ids):
            message = "a VPC needs both `subnets` and `security_group_ids`"
            raise ValueError(message)
        return self

    def to_request(self) -> dict[str, Any]:
        """The members that the requests of both kinds of job share."""
        members: dict[str, Any] = {"EnableNetworkIsolation": self.isolation}
        if self.encrypt_traffic is not None:
            members["EnableInterContainerTrafficEncryption"] = self.encrypt_traffic
        if self.subnets:
            members["VpcConfig"] = {
                "SecurityGroupIds": list(self.security_group_ids),
                "Subnets": list(self.subnets),
            }
        return members
