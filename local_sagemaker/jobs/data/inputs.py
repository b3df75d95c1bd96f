"""An input of a job, whatever its kind calls it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """One input of a processing job, or one channel of a training job.

    Args:
        name: The input's or the channel's.
        uri: A prefix, or a manifest's URI.
        data_type: ``S3Prefix``, ``ManifestFile`` or ``AugmentedManifestFile``.
        path: The directory in the container that receives the objects; in Pipe mode, what the names
            of the pipes begin with.
        sharded: Whether every instance gets a share of the objects instead of all.
        pipe: Whether the objects are streamed, instead of being copied beforehand.
        gzip: Whether to decompress what is streamed.
        record_io: Whether to wrap every object that is streamed in a RecordIO record.
        seed: What determines the order of the objects, if they are to be shuffled.
        attributes: What to stream of each line of an augmented manifest.
        groups: The instance groups that get it; all if there are none.
    """

    name: str
    uri: str
    data_type: str
    path: str
    sharded: bool = False
    pipe: bool = False
    gzip: bool = False
    record_io: bool = False
    seed: int | None = None
    attributes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
