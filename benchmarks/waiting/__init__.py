"""What many jobs at once cost, with runs that wait for them and with runs that do not.

``python -m benchmarks.waiting`` starts Dagster's daemon on ``location``, has it make a backfill,
and prints how many processes and how much memory that took and how many requests a job.
``python -m benchmarks.waiting.sensor`` prints what the sensor costs while a thousand jobs run.
"""
