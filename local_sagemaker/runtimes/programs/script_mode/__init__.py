"""The program ``train`` of SageMaker's framework images: runs the user's script (script mode).

Follows version 5.1.4 of the SageMaker training toolkit, as the scikit-learn image uses it, but does
not wait for the names of the other hosts: a container has them from its start. Needs nothing but
the standard library, and boto3 for code that lies in S3.
"""
