"""SageMaker Pipelines: definitions, and executions whose steps are jobs of this service."""
