"""What all hosts of a job have embedded."""

from dataclasses import dataclass

import numpy as np

from preprocessing_scripts.images.batches import NAMED, Unreadable
from preprocessing_scripts.images.embeddings import EmbeddingFile
from preprocessing_scripts.tabular.hosts import Hosts

_WAIT_SECONDS = 24 * 3600.0
"""Shares may take hours more than others; a host that has died is noticed long before."""


@dataclass(frozen=True)
class Totals:
    """What all hosts have done.

    Args:
        images: Embedded ones.
        unreadable: Images that could not be read.
        dimension: Numbers of an embedding.
        named: Some of the unreadable, each with the reason.
    """

    images: int
    unreadable: int
    dimension: int
    named: list[str]


def exchange_totals(hosts: Hosts, file: EmbeddingFile, unreadable: Unreadable) -> Totals:
    """Add up what all hosts have done; all of them call this, and get the same.

    Args:
        hosts: The hosts.
        file: What this one has written.
        unreadable: What this one could not read.

    Raises:
        HostError: A host has failed.
    """
    counts = np.array([file.rows, unreadable.count, file.dimension], dtype=np.int64)
    named = np.array(unreadable.named, dtype=np.str_)
    given = hosts.exchange({"counts": counts, "named": named}, _WAIT_SECONDS)
    images, failed, dimensions = np.stack([one["counts"] for one in given]).T
    lines = [str(line) for one in given for line in one["named"]]
    return Totals(int(images.sum()), int(failed.sum()), int(dimensions.max()), lines[:NAMED])
