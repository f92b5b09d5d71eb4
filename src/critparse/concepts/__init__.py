"""Linking mentions to concepts: MeSH, LOINC, DrugBank, MONDO, DOID, HGNC … and vocabularies that users bring."""

from __future__ import annotations

from critparse.concepts.codes import codes_of, members_of
from critparse.concepts.document import DocumentLinker, link
from critparse.concepts.linker import Linker, default_linker

__all__ = ["DocumentLinker", "Linker", "codes_of", "default_linker", "link", "members_of"]
