"""XML that cannot be trusted: the records in it, one at a time, as bounded element trees.

No document type, and so no entity of the document's own making, is accepted; depth and size of a record are bounded;
names come without their namespace. Several documents in one file, as when downloads are simply joined, are read one
after the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from critparse.errors import MalformedInput
from critparse.sources.clean import repair

MAX_DEPTH = 100
MAX_NODES = 500_000
"""Elements and attributes of one record, and of what lies around records."""

_CHUNKS = 1 << 12, 1 << 20
"""Bytes given to the parser at a time: few at first, as the next document may be near, then twice as many each time, as
it looks at an unfinished tag again with every chunk."""

_HTML = (
    "a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|h[1-6]|head|header|hr|html|i|img|li|main|meta|"
    "nav|ol|p|pre|s|script|section|small|span|strong|style|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul"
)
_START = re.compile(
    r"\s*+(?:<\?xml\s(?!.{0,500}<(?:!doctype\s+html|html)\b)"
    rf"|<(?!(?:{_HTML})[\s/>])[a-z_][\w.:-]{{0,100}}+(?:\s++[a-z_][\w.:-]{{0,100}}+\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+"
    r"\s*+>\s*+<[a-z_!/?])",
    re.IGNORECASE | re.DOTALL,
)
_CUT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_NEXT_DOCUMENT = frozenset(
    expat.errors.codes[message]
    for message in (expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT, expat.errors.XML_ERROR_MISPLACED_XML_PI)
)


def looks_like_xml(text: str) -> bool:
    """Whether the text begins with an XML declaration, or with a tag that is not HTML's and a second one in it.

    ``"<10 mg"``, ``"<br>- Adults"`` and ``"<Inclusion> 1. Adults"`` do not.
    """
    return _START.match(text) is not None


def elements(text: str, where: str, tags: Collection[str]) -> Iterator[Element | MalformedInput]:
    """The outermost elements with one of these names, in order; each is let go once the caller has done with it.

    Where the XML breaks off or becomes unacceptable, the last one is the error, with line and column.
    """
    data = repair(text).encode()
    start, line, column = 0, 1, 1
    while start < len(data):
        document = _Document(where, tags, line, column)
        try:
            yield from document.read(data, start)
        except MalformedInput as error:
            yield error
            return
        start, line, column = document.end, document.line, document.column


def text_at(element: Element, path: str) -> str:
    """All the text in the first element at the path (as of :meth:`Element.find`), as given; ``""`` without one."""
    found = element.find(path)
    return "" if found is None else "".join(found.itertext())


def texts_at(element: Element, path: str) -> list[str]:
    """The text of every element at the path, as given."""
    return ["".join(found.itertext()) for found in element.findall(path)]


class _Document:
    """One XML document, which begins at ``line`` and ``column``.

    After reading these are the place where the next document begins, ``end`` the offset of that place in bytes.
    """

    def __init__(self, where: str, tags: Collection[str], line: int, column: int) -> None:
        self.where = where
        self.tags = tags
        self.line = line
        self.column = column
        self.end = 0
        self._depth = self._record_depth = self._nodes = 0
        self._builder: TreeBuilder | None = None
        self._done: list[Element] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, data: bytes, start: int) -> Iterator[Element]:
        """The records of the document that begins at ``start``.

        Raises:
            MalformedInput: it is no XML, or holds what is not accepted.
        """
        position, size = start, _CHUNKS[0]
        while position < len(data):
            try:
                self._parser.Parse(data[position : position + size], position + size >= len(data))
            except expat.ExpatError as error:
                yield from self._take()
                if error.code not in _NEXT_DOCUMENT or self._depth:
                    raise self._malformed(error) from None
                self.end = start + self._parser.ErrorByteIndex
                self.line, self.column = self._place(error.lineno, error.offset)
                return
            yield from self._take()
            position, size = position + size, min(2 * size, _CHUNKS[1])
        self.end = len(data)

    def _take(self) -> Iterator[Element]:
        done, self._done = self._done, []
        return iter(done)

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > MAX_DEPTH:
            raise self._refused(f"elements are nested deeper than {MAX_DEPTH}")
        if self._nodes > MAX_NODES:
            raise self._refused(f"there are more than {MAX_NODES} elements and attributes")
        name = _local(tag)
        if self._builder is None and name in self.tags:
            self._builder, self._record_depth, self._nodes = TreeBuilder(), self._depth, 0
        if self._builder is not None:
            self._builder.start(name, {_local(key): value for key, value in attributes.items()})

    def _close(self, tag: str) -> None:
        if self._builder is not None:
            self._builder.end(_local(tag))
            if self._depth == self._record_depth:
                self._done.append(self._builder.close())
                self._builder, self._nodes = None, 0
        self._depth -= 1

    def _text(self, data: str) -> None:
        if self._builder is not None:
            self._builder.data(data)

    def _doctype(self, *_: object) -> None:
        raise self._refused("a document type declaration is not accepted")

    def _refused(self, reason: str) -> MalformedInput:
        return self._error(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber, reason)

    def _malformed(self, error: expat.ExpatError) -> MalformedInput:
        cut = "; the input seems to be cut off" if error.code in _CUT else ""
        return self._error(error.lineno, error.offset, expat.ErrorString(error.code) + cut)

    def _error(self, line: int, offset: int, reason: str) -> MalformedInput:
        place = "line {}, column {}".format(*self._place(line, offset))
        return MalformedInput(where=self.where, format="XML", reason=f"{place}: {reason}")

    def _place(self, line: int, offset: int) -> tuple[int, int]:
        """Line and column in the whole input, both from 1, of a place in this document (as expat counts)."""
        return self.line + line - 1, offset + (self.column if line == 1 else 1)


def _local(name: str) -> str:
    """A name without its namespace prefix."""
    return name.rpartition(":")[2]
