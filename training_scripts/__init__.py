"""Scripts of SageMaker jobs: each runs in a container that knows nothing of ``ml_pipeline``."""
