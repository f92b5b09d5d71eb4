"""Web pages as text: what is to be read, line by line, lists with their bullets.

The document's text is this text, not the page's source. Written for untrusted pages: one pass over tags whose length is
bounded, no parser tree; scripts, styles and the like are left out.
"""

from __future__ import annotations

import html
import re

_PAGE = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}>\s*+)?(?:<!--.{0,4000}?-->\s*+)?"
    r"<(?:!doctype\s+html|html|head|body|div|table|section|main|article)\b",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTES = r"""(?:[^<>"']|"[^"<>]{0,4000}"|'[^'<>]{0,4000}'){0,400}+"""
_TOKEN = re.compile(
    rf"""<!--.*?(?:-->|\Z)
      | <(?P<unseen>script|style|template|noscript|svg|head|iframe|object|select|textarea)\b{_ATTRIBUTES}>
        .*?(?:</(?P=unseen)\s{{0,9}}>|\Z)
      | <[!?][^>]{{0,4000}}>
      | <(?P<close>/?)(?P<tag>[a-z][a-z0-9]{{0,15}})\b{_ATTRIBUTES}>
      | (?P<words>[^<]++|<)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_BLOCKS = frozenset(
    re.findall(
        r"\S+",
        "address article aside blockquote br center dd details dialog div dl dt fieldset figure footer form h1 h2 h3 "
        "h4 h5 h6 header hr legend li main nav ol option p pre section summary table tbody td tfoot th thead tr ul",
    )
)
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_MAX_DEPTH = 20


def looks_like_page(text: str) -> bool:
    """Whether the text begins as a web page, or a piece of one, does."""
    return _PAGE.match(text) is not None


def text_of(page: str) -> str:
    """What there is to read on a page: a line for each block or cell, list items with bullet or number, indented."""
    writer = _Writer()
    for token in _TOKEN.finditer(page):
        if token["words"] is not None:
            writer.words(html.unescape(token["words"]))
        elif token["tag"]:
            writer.tag(token["tag"].lower(), closing=bool(token["close"]))
    return writer.finish()


class _Writer:
    """Collects lines; ``_lists`` has, for each list that is open, the number its last item had (``None``: bullets)."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._lead = ""
        self._lists: list[int | None] = []
        self._verbatim = 0

    def words(self, words: str) -> None:
        """Running text: blanks folded, except in preformatted blocks."""
        if self._verbatim:
            first, *rest = words.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._line.append(first)
            for line in rest:
                self._end_line()
                self._line.append(line)
        else:
            self._line.append(_BLANKS.sub(" ", words))

    def tag(self, tag: str, *, closing: bool) -> None:
        """A tag: blocks begin and end lines, lists and their items mark them."""
        if tag in _BLOCKS:
            self._end_line()
        if tag == "pre":
            self._verbatim = max(0, self._verbatim + (-1 if closing else 1))
        elif tag in {"ul", "ol"}:
            self._list(ordered=tag == "ol", closing=closing)
        elif tag == "li":
            self._lead = "" if closing else self._bullet()
        elif tag == "sup" and not closing:
            self._line.append("^")

    def _list(self, *, ordered: bool, closing: bool) -> None:
        if closing:
            del self._lists[-1:]
        elif len(self._lists) < _MAX_DEPTH:
            self._lists.append(0 if ordered else None)

    def _bullet(self) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}* "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def _end_line(self) -> None:
        line = "".join(self._line).rstrip() if self._verbatim else "".join(self._line).strip()
        self._line = []
        if line.strip():
            self._lines.append(self._lead + line)
            self._lead = ""
        elif self._verbatim:
            self._lines.append("")

    def finish(self) -> str:
        """All lines."""
        self._end_line()
        return "\n".join(self._lines)
