"""Amazon SageMaker on this machine: a loopback HTTP service that really runs the jobs.

It imports nothing else of ``ml_pipeline`` and nothing of Dagster, so that any client can use it
alone.
"""
