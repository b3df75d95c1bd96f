"""Every trouble that a job may meet, really met: what becomes of the run, its jobs and its log.

``python -m benchmarks.fault_matrix`` writes ``docs/fault-matrix.md``.
"""
