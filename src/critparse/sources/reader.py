"""What a reader is: a name, a guess and a way to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from critparse.sources.record import Record

Fields = Mapping[str, Any]
"""A record with named fields: a JSON object or a table row."""


@dataclass(frozen=True, slots=True)
class TextReader:
    """Reads a record that is one text.

    ``recognises`` says cheaply how sure it is (0 to 1) that the text is of its format; ``read`` also gets the name of
    the input for its error messages.
    """

    name: str
    recognises: Callable[[str], float]
    read: Callable[[str, str], Record]


@dataclass(frozen=True, slots=True)
class FieldsReader:
    """Reads a record that is a JSON object or a table row; otherwise as :class:`TextReader`.

    ``columns`` are the names (in lower case) by which the first line of a table of such records is known.
    """

    name: str
    recognises: Callable[[Fields], float]
    read: Callable[[Fields, str], Record]
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ElementReader:
    """Reads a record that is an XML element, named one of ``tags`` (without namespace); otherwise as above."""

    name: str
    recognises: Callable[[Element], float]
    read: Callable[[Element, str], Record]
    tags: frozenset[str]


Reader = TextReader | FieldsReader | ElementReader
