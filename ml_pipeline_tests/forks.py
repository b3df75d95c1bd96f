"""Processes that begin with the imports done that tests need: a start takes milliseconds."""

import multiprocessing

# A test process has one server that forks, and it imports what was named before it started: so one
# list for all. The tabular script itself is not in it: runpy warns of a module that is there before
# it runs.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "__main__",
        "ml_pipeline_tests.dagster_sagemaker.claimant",
        "ml_pipeline_tests.preprocessing_scripts.tabular.forked",
        "sklearn.pipeline",
        "preprocessing_scripts.tabular.engine",
    ]
)
