"""How containers begin with what was kept of an earlier one, such as checkpoints."""

from collections.abc import Sequence

from local_sagemaker.jobs.data.directory_sync import Synced
from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.s3_uri import split_uri
from local_sagemaker.jobs.data.staging import Stager
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.s3.store import ObjectStore


def restore(
    synced: Synced, hosts: Sequence[HostDirectory], objects: ObjectStore, stager: Stager
) -> None:
    """Copy what the object store has into every host's directory, whole.

    Raises:
        ClientFault: Something has a name that no file can have, or there is no such bucket.
        JobStoppedError: A stop was asked for.
    """
    bucket, prefix = split_uri(synced.folder_uri, synced.member)
    if any(objects.list(bucket, prefix, limit=1)):
        source = Input("checkpoints", synced.folder_uri, "S3Prefix", synced.path)
        stager.stage(source, [host.of(synced.path) for host in hosts])
