"""Running one SageMaker job on this machine, under the container contract."""
