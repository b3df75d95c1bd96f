"""A job's script that ends when a certain object is in S3: `wait_for_release.py BUCKET KEY`."""

import sys
import time
from pathlib import Path

import boto3

s3 = boto3.client("s3")
print("waiting", flush=True)
while "Contents" not in s3.list_objects_v2(Bucket=sys.argv[1], Prefix=sys.argv[2]):
    time.sleep(0.2)
report = Path("/opt/ml/processing/output/report/report.json")
report.write_text('{"metrics": {"waited": 1}}')
