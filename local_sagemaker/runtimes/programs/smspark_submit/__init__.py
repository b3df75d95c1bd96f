"""The program ``smspark-submit`` of SageMaker's Spark images.

Takes the image's options, makes the job's hosts one cluster, and runs ``spark-submit`` on the first
of them. The image's cluster is YARN's; here it is Spark's own: a master on the first host, a worker
on each. Without a network name of its own (no namespaces, one host) Spark runs in local mode.
"""
