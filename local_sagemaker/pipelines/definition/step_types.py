"""The table of step types: which there are, and what to do instead of the others."""

from collections.abc import Mapping

from local_sagemaker.kinds import KINDS, JobKind

CONDITION, FAIL = "Condition", "Fail"
JOB_STEPS: Mapping[str, JobKind] = {kind.label: kind for kind in KINDS.values() if kind.cache_key}
"""The types of steps that are jobs, and of which kind."""

SUPPORTED = (*JOB_STEPS, CONDITION, FAIL)

_NO_MODELS = (
    "nothing is registered or deployed here; the model is at the training step's "
    "ModelArtifacts.S3ModelArtifacts"
)
_CHECK = "check in a Processing step that writes a property file, and branch with a Condition step"
_CODE = "do it in the script of a Processing step, or in the program that starts the pipeline"
_SPARK = "use a Processing step with the image sagemaker-spark-processing"

INSTEAD: Mapping[str, str] = {
    "AutoML": "use a Training step",
    "Callback": _CODE,
    "Cleanup": "leave it out; nothing here outlives its job",
    "ClarifyCheck": _CHECK,
    "EMR": _SPARK,
    "EMRServerless": _SPARK,
    "Endpoint": _NO_MODELS,
    "EndpointConfig": _NO_MODELS,
    "ForEach": "use a step for each item, or one execution for each with a parameter",
    "InferenceComponent": _NO_MODELS,
    "Lambda": _CODE,
    "Lineage": "leave it out; nothing is recorded here",
    "Model": _NO_MODELS,
    "QualityCheck": _CHECK,
    "RegisterModel": _NO_MODELS,
    "Transform": "score in a Processing step that has the model as an input",
    "Tuning": "use a Training step for each set of hyperparameters",
}
"""What to do instead of a step of another type."""
