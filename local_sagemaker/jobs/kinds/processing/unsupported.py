"""Members of CreateProcessingJob that are not supported here, or change nothing."""

from local_sagemaker.jobs.kinds.limits import (
    ANY_TYPE,
    CHOSEN_BY_THE_SERVICE,
    NO_EXPERIMENTS,
    NO_KEYS,
    NO_ROLES,
    NO_VOLUME,
    NO_VPC,
    Ignored,
    Limit,
)

_NO_FEATURE_STORE = "put records into the feature group with PutRecord instead"

REFUSED = (
    Limit("ProcessingResources.ClusterConfig.SelectedInstanceType", why=CHOSEN_BY_THE_SERVICE),
    Limit("ProcessingResources.ClusterConfig.SelectedInstanceCount", why=CHOSEN_BY_THE_SERVICE),
    Limit(
        "ProcessingInputs[].DatasetDefinition",
        why="there is no Athena and no Redshift here: put their result into S3, and name that",
    ),
    Limit("ProcessingOutputConfig.Outputs[].FeatureStoreOutput", why=_NO_FEATURE_STORE),
)

WITHOUT_EFFECT = (
    Ignored("ProcessingResources.ClusterConfig.InstanceType", ANY_TYPE),
    Ignored("ProcessingResources.ClusterConfig.VolumeSizeInGB", NO_VOLUME),
    Ignored("ProcessingResources.ClusterConfig.VolumeKmsKeyId", NO_KEYS),
    Ignored("ProcessingOutputConfig.KmsKeyId", NO_KEYS),
    Ignored("RoleArn", NO_ROLES),
    Ignored("NetworkConfig", NO_VPC),
    Ignored("ExperimentConfig", NO_EXPERIMENTS),
)
