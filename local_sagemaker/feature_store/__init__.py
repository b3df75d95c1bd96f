"""The Feature Store on this machine: an online store in SQLite, and parquet files in S3.

What is acknowledged is on the disk. Records of the online store and the rows that are still to go
to the offline store are written in one transaction; the rows go to S3 a few seconds later, each to
exactly one file, whatever is killed in between.

What differs from SageMaker:
    * A group is Created, changed or gone when the call returns.
    * There is no Glue and no Athena: ``DisableGlueTableCreation`` and ``DataCatalogConfig`` are
      kept without effect. Read the files under ``ResolvedOutputS3Uri``.
    * Tables in Iceberg's format are refused.
"""
