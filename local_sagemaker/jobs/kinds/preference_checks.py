"""What the service checks of ``InstancePreferences``, of all kinds of job."""

from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.instance_preferences import has_preferences
from local_sagemaker.service_errors import invalid


def check_preferences(
    place: str, resources: Mapping[str, Any], excluded: Sequence[str] = ("InstanceType",)
) -> bool:
    """Refuse preferences that say too much or too little.

    Args:
        place: The member that says which instances the job runs on.
        resources: Its value.
        excluded: Members of it that preferences do not go with.

    Returns:
        Whether there are any.

    Raises:
        ServiceError: It names the member.
    """
    if not has_preferences(resources):
        return False
    for member in excluded:
        if member in resources:
            raise invalid(f"{place}.InstancePreferences is mutually exclusive with {member}")
    preferences = resources["InstancePreferences"]
    types = [one["InstanceType"] for one in preferences]
    for number, one in enumerate(types):
        if one in types[:number]:
            raise invalid(
                f"{place}.InstancePreferences[{number}].InstanceType: {one} is named twice"
            )
    counts = sum("InstanceCount" in one for one in preferences)
    if counts not in ({0} if "InstanceCount" in resources else {len(preferences)}):
        raise invalid(
            f"{place}: InstanceCount must be set either in {place} or in every element of "
            "InstancePreferences"
        )
    return True
