"""``InstancePreferences``: instance types that will do, of which the service selects one.

Here as in ``kinds``, "resources" are the request's member that says which instances a job runs on.
"""

from collections.abc import Mapping
from typing import Any

Resources = Mapping[str, Any]


def has_preferences(resources: Resources) -> bool:
    """Whether the service is to select the instance type."""
    return "InstancePreferences" in resources


def preferred(resources: Resources) -> list[Resources]:
    """What the job would run on with each of its preferences, best first."""
    return [
        {
            **resources,
            "InstanceType": one["InstanceType"],
            "InstanceCount": one.get("InstanceCount", resources.get("InstanceCount", 1)),
        }
        for one in resources.get("InstancePreferences", [])
    ]


def selecting(chosen: Resources) -> Resources:
    """The members by which Describe says which of the preferences was selected."""
    return {
        "SelectedInstanceType": chosen["InstanceType"],
        "SelectedInstanceCount": chosen["InstanceCount"],
    }


def selected(resources: Resources) -> Resources:
    """What the job runs on; as long as nothing is selected, its first preference."""
    offers = preferred(resources)
    named = resources.get("SelectedInstanceType")
    return next((one for one in offers if one["InstanceType"] == named), offers[0])
