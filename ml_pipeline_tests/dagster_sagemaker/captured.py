"""Requests as version 2 of the SageMaker Python SDK sends them, recorded from its clients."""

from typing import Any

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def _input(name: str, uri: str, path: str, distribution: str = "FullyReplicated") -> dict[str, Any]:
    return {
        "InputName": name,
        "AppManaged": False,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": distribution,
            "S3CompressionType": "None",
        },
    }


def _output(name: str, uri: str, path: str, mode: str = "EndOfJob") -> dict[str, Any]:
    return {
        "OutputName": name,
        "AppManaged": False,
        "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode},
    }


SKLEARN_PROCESSOR: dict[str, Any] = {
    "ProcessingJobName": "pre-2026-11-20-22-14-54-777",
    "ProcessingResources": {
        "ClusterConfig": {
            "InstanceType": "ml.m5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        }
    },
    "AppSpecification": {
        "ImageUri": IMAGE,
        "ContainerArguments": ["--ratio", "0.3"],
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/preprocess.py"],
    },
    "RoleArn": ROLE,
    "ProcessingInputs": [
        _input("input-1", "s3://my-bucket/in/", "/opt/ml/processing/input/raw"),
        _input(
            "code",
            "s3://sagemaker-us-east-1-123456789012/pre-2026-11-20-22-14-54-777/input/code/preprocess.py",
            "/opt/ml/processing/input/code",
        ),
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            _output("train", "s3://my-bucket/out/", "/opt/ml/processing/output"),
            _output("output-2", "s3://my-bucket/out2", "/opt/ml/processing/report"),
        ]
    },
    "Environment": {"A": "1"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 1200},
    "Tags": [{"Key": "k", "Value": "v"}],
}

SCRIPT_PROCESSOR: dict[str, Any] = {
    "ProcessingJobName": "my-img-2026-11-20-22-14-55-184",
    "ProcessingResources": {
        "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 30}
    },
    "AppSpecification": {
        "ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-img:latest",
        "ContainerEntrypoint": ["python3", "-u", "/opt/ml/processing/input/code/preprocess.py"],
    },
    "RoleArn": ROLE,
    "ProcessingInputs": [
        _input("input-1", "s3://my-bucket/in/", "/opt/ml/processing/input/raw", "ShardedByS3Key"),
        _input(
            "code",
            "s3://sagemaker-us-east-1-123456789012/my-img/input/code/preprocess.py",
            "/opt/ml/processing/input/code",
        ),
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            _output("output-1", "s3://my-bucket/o", "/opt/ml/processing/output", "Continuous")
        ]
    },
}

SKLEARN_TRAINING: dict[str, Any] = {
    "AlgorithmSpecification": {
        "TrainingInputMode": "File",
        "TrainingImage": IMAGE,
        "MetricDefinitions": [
            {"Name": "validation:accuracy", "Regex": "validation:accuracy=(.*?);"}
        ],
    },
    "OutputDataConfig": {"S3OutputPath": "s3://sagemaker-us-east-1-123456789012/"},
    "TrainingJobName": "sagemaker-scikit-learn-2026-11-20-22-15-23-715",
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "ResourceConfig": {
        "VolumeSizeInGB": 30,
        "InstanceCount": 1,
        "InstanceType": "ml.m5.xlarge",
    },
    "RoleArn": ROLE,
    "InputDataConfig": [
        {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": "s3://my-bucket/in/",
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
            "ChannelName": "train",
        },
        {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": "s3://my-bucket/in/",
                    "S3DataDistributionType": "ShardedByS3Key",
                }
            },
            "ContentType": "text/csv",
            "ChannelName": "test",
        },
    ],
    "HyperParameters": {
        "n-estimators": "50",
        "name": '"abc"',
        "flag": "true",
        "l": "[1, 2]",
        "none": "null",
        "sagemaker_submit_directory": '"s3://my-bucket/x/source/sourcedir.tar.gz"',
        "sagemaker_program": '"train.py"',
        "sagemaker_container_log_level": "20",
        "sagemaker_job_name": '"sagemaker-scikit-learn-2026-11-20-22-15-23-715"',
        "sagemaker_region": '"us-east-1"',
    },
    "Environment": {"E": "1"},
    "DebugHookConfig": {
        "S3OutputPath": "s3://sagemaker-us-east-1-123456789012/",
        "CollectionConfigurations": [],
    },
    "ProfilerConfig": {
        "S3OutputPath": "s3://sagemaker-us-east-1-123456789012/",
        "DisableProfiler": False,
    },
}
