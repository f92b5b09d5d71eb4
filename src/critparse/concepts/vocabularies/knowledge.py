"""What is known about the sources of vocabularies: names of systems, kinds of concepts, what no criterion names."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from critparse.lexicon.resources import data_rows

_SYSTEMS, _DOMAINS, _LEFT_OUT = "vocabulary_systems.tsv", "vocabulary_domains.tsv", "vocabulary_left_out.tsv"
OMOP, UMLS = "omop", "umls"


@functools.cache
def short_names(source: str) -> Mapping[str, str]:
    """What ``athena`` or ``umls`` calls a code system -> its usual short name."""
    rows = data_rows(_SYSTEMS, ("source", "theirs", "ours"))
    return {row["theirs"]: row["ours"] for row in rows if row["source"] == source}


@functools.cache
def domains(source: str) -> Mapping[str, str]:
    """The kinds of concepts of ``omop`` or ``umls`` that criteria need: id (domain, TUI) -> name."""
    rows = data_rows(_DOMAINS, ("source", "id", "name", "labels"))
    return {row["id"]: row["name"] for row in rows if row["source"] == source}


@functools.cache
def labels_of(domain: str) -> tuple[str, ...] | None:
    """The labels of mentions that a concept of this kind (by name) may be linked to; None: the kind is not known."""
    return _labels().get(domain)


@functools.cache
def left_out(column: str) -> frozenset[str]:
    """Values of ``vocabulary_id`` or ``concept_class_id`` whose concepts no criterion names."""
    return frozenset(row["value"] for row in data_rows(_LEFT_OUT, ("column", "value")) if row["column"] == column)


def agreement(domain: str, label: str | None) -> float:
    """How well a kind of concept suits a mention's label: 1 best or not known, 0 not at all."""
    if label is None or not domain:
        return 1.0
    labels = labels_of(domain)
    if labels is None:
        return 1.0
    if label not in labels:
        return 0.0
    return 1.0 if labels[0] == label else 0.9


@functools.cache
def _labels() -> dict[str, tuple[str, ...]]:
    rows = data_rows(_DOMAINS, ("source", "id", "name", "labels"))
    return {row["name"]: tuple(row["labels"].split("|")) if row["labels"] else () for row in rows}
