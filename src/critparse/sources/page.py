"""The page of a trial register saved as text: headings on lines of their own, values below them.

A heading of the page may also occur as a line of the trial's own description ("Ages"). Fields are therefore taken only
where the value below reads as a value of that field, and the sections are bounded by those fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import CleanText, plain
from critparse.sources.reader import TextReader
from critparse.sources.record import NCT_NUMBER, Record, texts

NAME = "page"
HEADINGS = (
    "Status and phase",
    "Conditions",
    "Treatments",
    "Study type",
    "Funder types",
    "Identifiers",
    "Details and patient eligibility",
    "About",
    "Full description",
    "Enrollment",
    "Sex",
    "Ages",
    "Volunteers",
    "Inclusion criteria",
    "Exclusion criteria",
    "Trial design",
    "Trial contacts and locations",
)
MENU = "Menu"
FURNITURE = frozenset({"clinicaltrials.veeva", "search", "log in", "find clinical trials"})

_HEADING = re.compile(rf"^[ \t]*+({'|'.join(HEADINGS)})[ \t]*+\r?$", re.MULTILINE)
_ENOUGH = 6
_ENROLLMENT = re.compile(r"\d{1,9}\b.{0,30}\b(?:patient|participant|subject|volunteer)s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: its offsets in the page and its text without surrounding blanks."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page that are not blank, and ways to find one's way in them. Indexes are line indexes."""

    raw: str
    lines: tuple[Line, ...]

    def find(self, heading: str, start: int = 0, end: int | None = None) -> int | None:
        """The first line that is the heading and nothing else."""
        stop = len(self.lines) if end is None else end
        return next((i for i in range(start, stop) if self.lines[i].text == heading), None)

    def find_last(self, heading: str, start: int, end: int) -> int | None:
        """The last line that is the heading and nothing else."""
        return next((i for i in range(end - 1, start - 1, -1) if self.lines[i].text == heading), None)

    def field(self, heading: str, start: int, end: int, fits: Callable[[str], Any]) -> int | None:
        """The first heading whose value, the line below, fits the field."""
        for i in range(start, end - 1):
            if self.lines[i].text == heading and fits(self.lines[i + 1].text):
                return i
        return None

    def values(self, heading: str, end: int) -> list[str]:
        """The lines below a heading, up to the next heading."""
        start = self.find(heading, 0, end)
        if start is None:
            return []
        stop = next((i for i in range(start + 1, end) if self.lines[i].text in HEADINGS), end)
        return [line.text for line in self.lines[start + 1 : stop]]

    def slice(self, start: int | None, end: int) -> str:
        """The page from line ``start`` to before line ``end``, indents kept; empty without a start."""
        if start is None or start >= end:
            return ""
        return self.raw[self.lines[start].start : self.lines[end - 1].end]


def recognises(text: str) -> float:
    """Sure when enough of the page's headings stand on lines of their own."""
    found = {match[1] for match in _HEADING.finditer(text)}
    return 0.9 if len(found) >= _ENOUGH and found & {"Inclusion criteria", "Exclusion criteria", "Ages"} else 0.0


def read(text: str, where: str) -> Record:
    """Read the page; headings that it lacks leave their field null or their text out."""
    page = Page(text, tuple(_lines(text)))
    details = page.find("Details and patient eligibility")
    start = 0 if details is None else details + 1
    footer = page.find_last("Trial contacts and locations", start, len(page.lines))
    body_end = len(page.lines) if footer is None else footer
    design = page.find_last("Trial design", start, body_end)
    end = body_end if design is None else design
    title = _title(page)
    fields = _fields(page, start, end)
    return Record(
        trial_id=_trial_id(page, start),
        title=title,
        source_format=NAME,
        texts=_texts(page, title, fields, start, end),
        registry=_registry(page, fields, start),
    )


def _lines(text: str) -> Iterator[Line]:
    for match in re.finditer(r"[^\r\n]+", text):
        if stripped := match[0].strip():
            yield Line(match.start(), match.start() + len(match[0].rstrip()), stripped)


def _fields(page: Page, start: int, end: int) -> dict[str, int]:
    """The structured fields that the page has, as heading → line index."""
    tests: dict[str, Callable[[str], Any]] = {
        "Enrollment": _ENROLLMENT.match,
        "Sex": values.sex,
        "Ages": _is_ages,
        "Volunteers": lambda value: values.healthy_volunteers(value) is not None,
    }
    found: dict[str, int] = {}
    for heading, fits in tests.items():
        index = page.field(heading, max(found.values(), default=start), end, fits)
        if index is not None:
            found[heading] = index
    return found


def _is_ages(value: str) -> bool:
    """Also "0 to 100 years old", where neither end is a limit."""
    return values.age_range(value) != (None, None) or values.is_no_age(value) or value.endswith(" old")


def _texts(page: Page, title: str | None, fields: dict[str, int], start: int, end: int) -> tuple[CleanText, ...]:
    after_fields = max(fields.values()) + 2 if fields else start
    criteria = [page.find(heading, after_fields, end) for heading in ("Inclusion criteria", "Exclusion criteria")]
    first = min((index for index in criteria if index is not None), default=after_fields if fields else None)
    prose_end = min([*fields.values(), end if first is None else first])
    full = page.find("Full description", start, prose_end)
    about = page.find("About", start, prose_end if full is None else full)
    return texts(
        plain("eligibility", "Eligibility criteria", page.slice(first, end)),
        (
            plain("description", "Full description", page.slice(None if full is None else full + 1, prose_end)),
            plain(
                "summary",
                "Brief summary",
                page.slice(None if about is None else about + 1, prose_end if full is None else full),
            ),
            plain("title", "Title", title or ""),
        ),
    )


def _registry(page: Page, fields: dict[str, int], header_end: int) -> Registry:
    def value(heading: str) -> str | None:
        return page.lines[fields[heading] + 1].text if heading in fields else None

    minimum, maximum = values.age_range(value("Ages"))
    return Registry(
        minimum_age=minimum,
        maximum_age=maximum,
        sex=values.sex(value("Sex")),
        healthy_volunteers=values.healthy_volunteers(value("Volunteers")),
        conditions=tuple(filter(None, map(values.text_or_none, page.values("Conditions", header_end)))),
        enrollment=values.count(value("Enrollment")),
        phase=values.phase(page.values("Status and phase", header_end)),
    )


def _trial_id(page: Page, header_end: int) -> str | None:
    """The registry's number among the identifiers, or failing that anywhere in the header."""
    header = [line.text for line in page.lines[:header_end]]
    matches = (NCT_NUMBER.search(text) for text in [*page.values("Identifiers", header_end), *header])
    return next((match[0] for match in matches if match), None)


def _title(page: Page) -> str | None:
    """The first line of the page that is not the site's own: what stands above the site's menu is."""
    header = [line.text for line in takewhile(lambda line: line.text not in HEADINGS, page.lines)]
    below_menu = header[header.index(MENU) + 1 :] if MENU in header else header
    return next((values.text_or_none(text) for text in below_menu if text.lower() not in FURNITURE), None)


READER = TextReader(NAME, recognises, read)
