"""The page of a trial in ClinicalTrials.gov, WHO ICTRP, ISRCTN and other registries, saved or copied as text.

Such a page is labels and values: a value stands behind its label, or on the lines below it. What the labels are is
data (``page_labels.tsv``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from critparse.lexicon.resources import data_rows
from critparse.schema import Registry
from critparse.sources import sections, values
from critparse.sources.clean import guessed
from critparse.sources.reader import TextReader
from critparse.sources.record import Record, texts

NAME = "registry-page"
_CRITERIA = ("criteria", "inclusion", "exclusion")
_HALVES = ("inclusion", "exclusion")
_ENOUGH = 3
_LABEL = re.compile(r"^[ \t*]{0,8}(?P<label>[^\n:\t]{2,60}?)[ \t]{0,3}(?::|\t|(?=\r?$))[ \t]{0,8}", re.MULTILINE)
_TRIAL_ID = re.compile(
    r"\b(?:NCT\d{8}|ISRCTN\d{8}|ACTRN\d{14}p?|ChiCTR[\w-]{6,20}|EUCTR\d{4}-\d{6}-\d{2}(?:-[A-Z]{2})?|DRKS\d{8}|IRCT\d{8,20}N\d{1,3}"
    r"|CTRI/\d{4}/\d{2,3}/\d{6}|jRCT\w{8,12}|JPRN-\w{6,20}|UMIN\d{9}|PACTR\d{12,18}|KCT\d{7}|TCTR\d{8,14}|RBR-\w{4,8})\b"
)
_FITS: dict[str, Callable[[str], Any]] = {
    "ages": lambda value: values.age_range(_bare(value)) != (None, None) or values.is_no_age(value),
    "minimum_age": lambda value: values.age(value, upper=False) or values.is_no_age(value),
    "maximum_age": lambda value: values.age(value, upper=True) or values.is_no_age(value),
    "sex": values.sex,
    "healthy_volunteers": lambda value: values.yes_or_no(value) is not None,
    "enrollment": lambda value: value[:1].isdigit(),
}


@dataclass(frozen=True, slots=True)
class _Part:
    """What a label names: its role, where its line begins, and where its value begins and ends."""

    role: str
    label: int
    start: int
    end: int


def recognises(text: str) -> float:
    """Sure with criteria and two other fields under labels."""
    roles = {part.role for part in _parts(text)} - {"end"}
    return 0.85 if len(roles) >= _ENOUGH and roles & set(_CRITERIA) and roles & set(_FITS) else 0.0


def read(text: str, where: str) -> Record:
    """Read the page; labels that it lacks leave their field null."""
    parts = _parts(text)

    def get(role: str) -> str:
        """The first value that there is under a label of this role."""
        found = (text[part.start : part.end].strip() for part in parts if part.role == role)
        return next(filter(None, found), "")

    def line(role: str) -> str | None:
        return values.text_or_none(get(role).partition("\n")[0])

    trial_id = _TRIAL_ID.search(text)
    title = line("title")
    minimum, maximum = values.age_range(_bare(line("ages") or ""))
    section = get("criteria") or sections.joined(get("inclusion"), get("exclusion"))
    return Record(
        trial_id=trial_id[0] if trial_id else None,
        title=title,
        source_format=NAME,
        texts=texts(guessed("eligibility", "Eligibility criteria", section), (guessed("title", "Title", title or ""),)),
        registry=Registry(
            minimum_age=minimum or values.age(line("minimum_age"), upper=False),
            maximum_age=maximum or values.age(line("maximum_age"), upper=True),
            sex=values.sex(line("sex")),
            healthy_volunteers=values.yes_or_no(line("healthy_volunteers")),
            conditions=tuple(filter(None, map(values.text_or_none, get("conditions").split("\n")))),
            enrollment=values.count(line("enrollment")),
        ),
    )


def _parts(text: str) -> list[_Part]:
    """The labels of a page that are in force, each with its value, which ends at the next one."""
    labels = list(_in_force(text))
    ends = [*(label.label for label in labels[1:]), len(text)]
    return [replace(part, end=end) for part, end in zip(labels, ends, strict=False)]  # no end without a label


def _in_force(text: str) -> Iterator[_Part]:
    """The labels whose value fits them. Below one of the whole section, those of its halves are headings in it."""
    whole = False
    for match in _LABEL.finditer(text):
        role = _labels().get(" ".join(match["label"].lower().split()))
        if role is None or (whole and role in _HALVES):
            continue
        fits = _FITS.get(role)
        if fits and not fits(_first_line(text, match.end())):
            continue
        whole = role == "criteria"
        yield _Part(role, match.start(), match.end(), len(text))


def _first_line(text: str, start: int) -> str:
    """The first line that is not blank from ``start`` on."""
    return text[start : start + 400].strip().partition("\n")[0].strip()


def _bare(ages: str) -> str:
    """ "18 Years to 65 Years (Adult, Older Adult)" without its bracket."""
    return ages.partition("(")[0].strip()


@cache
def _labels() -> dict[str, str]:
    return {row["label"]: row["role"] for row in data_rows("page_labels.tsv", ("role", "label"))}


READER = TextReader(NAME, recognises, read)
