"""A small object store on this machine that speaks a documented part of Amazon S3.

Objects are files, the index is SQLite; it knows nothing of SageMaker. ``store.ObjectStore`` is the
Python API, for jobs that need no detour over HTTP; ``http.S3Handler`` is S3's REST API, path style,
for every other client.

Offered:
    * Buckets: ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation,
      GetBucketVersioning (never enabled), Get/Put/DeleteBucketTagging, ListObjects, ListObjectsV2,
      ListMultipartUploads.
    * Objects: PutObject, GetObject (ranges, part numbers, conditions, ``response-*``), HeadObject,
      CopyObject, DeleteObject, DeleteObjects, Get/Put/DeleteObjectTagging.
    * Multipart: CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload,
      AbortMultipartUpload, ListParts.
    * ``If-Match`` and ``If-None-Match`` on writes, checked in the transaction that writes.
    * Checksums: Content-MD5, the payload's SHA-256, CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512
      and MD5 are verified; XXHASH is stored and given back as it came. In headers or in the trailer
      of an aws-chunked body. Full-object CRCs of multipart uploads are computed from those of the
      parts.
    * Presigned URLs, of both versions, until they expire.
    * ``x-amz-expected-bucket-owner``: all buckets are the account's 000000000000.

Accepted without effect: signatures, and the canned ACLs ``private`` and
``bucket-owner-full-control``. Encryption and storage class are given back but change nothing about
how the bytes are kept.

All else - versions, ACLs, policies, lifecycle, object lock, customer's keys, archives, any query
parameter not known - is answered with ``501 NotImplemented``, never with a wrong success.

What differs from S3:
    * Uploads in progress have no lifecycle: they stay until completed, aborted, or their bucket is
      deleted.
    * A full disk is ``507 InsufficientStorage``, a code of our own.
    * A body of which nothing comes for a minute is ``RequestTimeout``; S3 waits about 20 seconds.
    * Keys with control characters that XML 1.0 cannot hold can be deleted one by one, not with
      DeleteObjects, and are listed only with ``encoding-type=url``, which boto3 asks for by itself.
"""
