"""Corrected annotations become entities and rules again (docs/annotating.md)."""

from __future__ import annotations

from critparse.annotations.importing import Document, Imported, documents, read_document

__all__ = ["Document", "Imported", "documents", "read_document"]
