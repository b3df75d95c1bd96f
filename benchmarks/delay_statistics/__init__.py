"""The delay statistics of a year of flights, and of that year 20 times over, three ways.

``python -m benchmarks.delay_statistics`` runs the same counts as processing jobs of a local service
of its own, with pandas, with the tabular engine as far as it goes, and with Spark, on one host and
on four, and prints a table. Seconds and memory are the jobs' own, staging and start of the
cluster included; what the images take to build is not counted.
"""
