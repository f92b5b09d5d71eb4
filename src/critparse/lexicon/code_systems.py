"""How FHIR calls code systems: the table ``code_systems.tsv``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from critparse.lexicon.resources import data_rows

FILE = "code_systems.tsv"
_COLUMNS = ("system", "uri", "others")


@functools.cache
def uris() -> Mapping[str, str]:
    """The URI that is written for a system, by its short name. Raises ResourceError when the file is damaged."""
    return MappingProxyType({row["system"]: row["uri"] for row in data_rows(FILE, _COLUMNS)})


@functools.cache
def systems() -> Mapping[str, str]:
    """The short names of the systems, by all URIs and OIDs that are read."""
    return MappingProxyType(
        {
            uri: row["system"]
            for row in data_rows(FILE, _COLUMNS)
            for uri in (row["uri"], *filter(None, row["others"].split("|")))
        }
    )
