"""Linking mentions to concepts: MeSH, LOINC, DrugBank, MONDO, DOID, HGNC … and vocabularies that users bring."""

from __future__ import annotations

from critparse.concepts.codes import codes_of
from critparse.concepts.linker import Linker, default_linker, link

__all__ = ["Linker", "codes_of", "default_linker", "link"]
