"""The program ``smspark-submit`` of SageMaker's Spark images, for one machine.

Takes the image's options, and runs ``spark-submit`` in local mode on the first host, on all
processors, where the image has a YARN cluster of all hosts. Needs Java on the machine, PySpark, and
boto3 for files that lie in S3.
"""
