"""Quotas, capacity, and spot instances that are taken away."""

from benchmarks.fault_matrix.job import BUCKET, INSTANCE_TYPE, RUN_ON, request
from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.scene import Scene
from benchmarks.fault_matrix.trouble import Trouble

_FIRST_TYPE = "ml.c5.xlarge"
# More than five, also without the first: among fewer the service itself would choose.
_TYPES = (_FIRST_TYPE, INSTANCE_TYPE, *(f"ml.m5.{size}xlarge" for size in ("", 2, 4, 12, 24)))


def _quota(limit: int) -> dict[str, object]:
    return {"fault": "quota", "instance_type": INSTANCE_TYPE, "limit": limit}


def _use_up(scene: Scene) -> None:
    """Another job has the one instance."""
    create = getattr(scene.client("sagemaker"), f"create_{scene.kind}_job")
    create(**request(scene.kind, RUN_ON, {f"{scene.kind.title()}JobName": "other"}))


def _make_room(play: Play, tries: int) -> None:
    """End the other job when this one has been refused so often, or the run is over."""
    client, kind = play.scene.client("sagemaker"), play.scene.kind
    name = {f"{kind.title()}JobName": "other"}
    try:
        play.wait(lambda: any(fault["hits"] >= tries for fault in play.scene.faults.list()))
    finally:
        getattr(client, f"stop_{kind}_job")(**name)
        client.get_waiter(f"{kind}_job_completed_or_stopped").wait(
            **name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
        )
        getattr(client, f"delete_{kind}_job")(**name)


def _take_away(play: Play) -> None:
    play.scene.faults.interrupt(play.running().name, seconds=1.0)


INSTANCES = (
    Trouble(
        "quota used up, free after a while",
        before=_use_up,
        faults=(_quota(1),),
        during=lambda play: _make_room(play, 3),
    ),
    Trouble(
        "quota used up, never free within max_quota_wait_seconds=5",
        succeeds=False,
        says="within max_quota_wait_seconds=5",
        jobs=0,
        before=_use_up,
        faults=(_quota(1),),
        during=lambda play: _make_room(play, 1000),
        options={"max_quota_wait_seconds": 5},
    ),
    Trouble(
        "quota that can never be enough",
        succeeds=False,
        says="as long as the quota is what it is",
        jobs=0,
        faults=(_quota(0),),
        retries=2,
    ),
    Trouble(
        "no capacity",
        succeeds=False,
        says="CapacityError",
        faults=({"fault": "capacity", "instance_type": INSTANCE_TYPE},),
    ),
    Trouble(
        "no capacity once, and a retry policy",
        jobs=2,
        faults=({"fault": "capacity", "instance_type": INSTANCE_TYPE, "times": 1},),
        retries=1,
    ),
    Trouble(
        "no capacity for the first of instance_types",
        faults=({"fault": "capacity", "instance_type": _FIRST_TYPE},),
        options={"instance_types": _TYPES[:2]},
    ),
    Trouble(
        "no capacity for the first of more instance_types than SageMaker takes",
        jobs=2,
        faults=({"fault": "capacity", "instance_type": _FIRST_TYPE},),
        options={"instance_types": _TYPES},
    ),
    Trouble(
        "spot instance taken away",
        during=_take_away,
        request={
            "training": {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 600},
                "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/{{{{ job_name }}}}"},
            }
        },
        kinds=("training",),
    ),
)
