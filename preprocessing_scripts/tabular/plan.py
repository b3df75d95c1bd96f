"""Which columns are read, and as what."""

import json
from operator import itemgetter

import numpy as np

from preprocessing_scripts.tabular.blocks import Source
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.infer import infer_kept, infer_schema
from preprocessing_scripts.tabular.schema import EPOCHS, KEPT, Kind, Schema, require_columns
from preprocessing_scripts.tabular.spec import Spec


def plan_schema(spec: Spec, source: Source, typed: bool, hosts: Hosts) -> Schema:
    """Say which columns are read, and as what.

    Args:
        spec: Resolved.
        source: This host's files.
        typed: Whether columns have types of their own.
        hosts: All read columns as the first host that has rows infers them.

    Raises:
        TableError: One column is needed as two kinds.
    """
    wanted: dict[str, Kind | None] = {}

    def want(column: str, kind: Kind | None) -> None:
        known = wanted.get(column)
        if known in EPOCHS and kind == "timestamp":
            return
        if known and kind and known != kind:
            raise TableError(f"spec: column {column} is used both as {known} and as {kind}")
        wanted[column] = kind or known

    for column, given in spec.schema.items():
        want(column, given)
    want(spec.label.column, "number")
    for column, kind in spec.raw_kinds():
        want(column, kind)
    if spec.holdout:
        want(spec.holdout.column, "text")
    if spec.split.column and spec.split.method == "temporal":
        want(spec.split.column, None)
    for column in spec.split.key:
        if column not in spec.keep:
            want(column, wanted.get(column) or "text")
    if not typed:
        only_kept = [column for column in spec.keep if column not in wanted]
        for column, kind in infer_kept(source, only_kept).items():
            want(column, kind)
    inferred = dict(infer_schema(source, wanted))
    if typed:
        for file, names in source.headers().items():
            require_columns(file, names, spec.keep)
        inferred |= {KEPT + column: "stored" for column in spec.keep}
    schema = _agree(inferred, source, hosts)
    if spec.split.method == "temporal" and schema.get(spec.split.column or "") == "text":
        raise TableError(f"spec.split.column: {spec.split.column} holds neither times nor numbers")
    return schema


def _agree(schema: Schema, source: Source, hosts: Hosts) -> Schema:
    """Take the schema of the first file that has rows, whichever host has it."""
    block = next(iter(source.blocks([])), None)
    own = json.dumps([block.file, dict(schema)] if block else None).encode()
    everyone = hosts.exchange({"schema": np.frombuffer(own, dtype=np.uint8)})
    given = [one for one in (json.loads(share["schema"].tobytes()) for share in everyone) if one]
    return dict(min(given, key=itemgetter(0))[1]) if given else {}
