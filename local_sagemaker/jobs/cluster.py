"""The instances of a job: their host names, in their groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.jobs.reasons import ClientFault

_ONLY_GROUP = "homogeneousCluster"


@dataclass(frozen=True)
class InstanceGroup:
    """Instances of one type.

    Args:
        name: The group's; a job whose request names no groups has one all the same.
        instance_type: Such as ``ml.m5.xlarge``.
        hosts: Their host names.
    """

    name: str
    instance_type: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Cluster:
    """All instances of a job.

    Args:
        groups: In the request's order, which is that of the host names too.
    """

    groups: tuple[InstanceGroup, ...]

    @property
    def hosts(self) -> list[str]:
        """``algo-1`` and so on."""
        return [host for group in self.groups for host in group.hosts]

    def hosts_of(self, names: Sequence[str]) -> list[str]:
        """The hosts of the groups of these names; all if there are none.

        Raises:
            ClientFault: There is no such group.
        """
        for name in names:
            if name not in [group.name for group in self.groups]:
                raise ClientFault(
                    f"InstanceGroupNames: ResourceConfig.InstanceGroups has no group {name!r}"
                )
        groups = [group for group in self.groups if not names or group.name in names]
        return [host for group in groups for host in group.hosts]

    def group_of(self, host: str) -> InstanceGroup:
        """The group of a host."""
        return next(group for group in self.groups if host in group.hosts)


def cluster_of(groups: Sequence[Mapping[str, Any]]) -> Cluster:
    """The instances that a request asks for.

    Args:
        groups: Its groups of instances.
    """
    made: list[InstanceGroup] = []
    first = 1
    for group in groups:
        count = group.get("InstanceCount", 1)
        hosts = tuple(f"algo-{number}" for number in range(first, first + count))
        name = group.get("InstanceGroupName", _ONLY_GROUP)
        made.append(InstanceGroup(name, group.get("InstanceType", ""), hosts))
        first += count
    return Cluster(tuple(made))
