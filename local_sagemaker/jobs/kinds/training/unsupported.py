"""Members of CreateTrainingJob that are not supported here, or change nothing."""

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

_MODEL_CUSTOMIZATION = "serverless model customization needs AWS"
_NO_RULES = "no rule is evaluated: its evaluation is Stopped from the start"

REFUSED = (
    Limit(
        "AlgorithmSpecification.AlgorithmName",
        why="algorithm resources are not kept here: name a TrainingImage",
    ),
    Limit(
        "InputDataConfig[].DataSource.DatasetSource",
        why="there is no SageMaker hub here: put the data set into S3",
    ),
    Limit(
        "InputDataConfig[].DataSource.FileSystemDataSource",
        why="there is no EFS and no FSx here: put the files into S3",
    ),
    Limit(
        "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig",
        why="there is no SageMaker hub here: put the model into S3",
    ),
    Limit(
        "InputDataConfig[].DataSource.S3DataSource.S3DataType",
        ("S3Prefix", "ManifestFile", "AugmentedManifestFile"),
        _MODEL_CUSTOMIZATION,
    ),
    Limit("ResourceConfig.SelectedInstanceCount", why=CHOSEN_BY_THE_SERVICE),
    Limit("ResourceConfig.SelectedInstanceType", why=CHOSEN_BY_THE_SERVICE),
    Limit("MlflowConfig", why="set MLFLOW_TRACKING_URI in Environment instead"),
    Limit("ModelPackageConfig", why=_MODEL_CUSTOMIZATION),
    Limit("ServerlessJobConfig", why=_MODEL_CUSTOMIZATION),
)

WITHOUT_EFFECT = (
    Ignored("AlgorithmSpecification.EnableSageMakerMetricsTimeSeries", "no series is kept"),
    Ignored("AlgorithmSpecification.TrainingImageConfig", "no image is pulled"),
    Ignored("InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig", NO_ROLES),
    Ignored("OutputDataConfig.KmsKeyId", NO_KEYS),
    Ignored("ResourceConfig.InstanceType", ANY_TYPE),
    Ignored("ResourceConfig.VolumeSizeInGB", NO_VOLUME),
    Ignored("ResourceConfig.VolumeKmsKeyId", NO_KEYS),
    Ignored("ResourceConfig.InstancePlacementConfig", ANY_TYPE),
    Ignored("ResourceConfig.TrainingPlanArn", ANY_TYPE),
    Ignored("ResourceConfig.InstancePreferences[].TrainingPlanArns", ANY_TYPE),
    Ignored(
        "ResourceConfig.KeepAlivePeriodInSeconds",
        "no instance is kept warm, though WarmPoolStatus says what it would say",
    ),
    Ignored("RoleArn", NO_ROLES),
    Ignored("SessionChainingConfig", NO_ROLES),
    Ignored("VpcConfig", NO_VPC),
    Ignored("EnableNetworkIsolation", NO_VPC),
    Ignored("EnableInterContainerTrafficEncryption", NO_KEYS),
    Ignored("StoppingCondition.MaxPendingTimeInSeconds", "jobs do not wait for capacity"),
    Ignored("DebugHookConfig", "what a debugger's hook writes stays in the container"),
    Ignored("DebugRuleConfigurations", _NO_RULES),
    Ignored("ProfilerConfig", "nothing is profiled"),
    Ignored("ProfilerRuleConfigurations", _NO_RULES),
    Ignored("RemoteDebugConfig", "a job's processes are this machine's: use its debuggers"),
    Ignored("InfraCheckConfig", "there is no infrastructure to check"),
    Ignored("ExperimentConfig", NO_EXPERIMENTS),
)
