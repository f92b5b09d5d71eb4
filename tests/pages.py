"""Trials as pages, for the tests that read them and for those that look at them in a browser."""

from __future__ import annotations

import functools
import io
import json
from html.parser import HTMLParser
from typing import Any

import critparse
from critparse.exports.html.page import Pages
from critparse.schema import Criterion, ParsedTrial

TEXT = """Inclusion criteria:
- Age 18 to 75 years
- One of the following:
  - SLE without prior rituximab
  - ALT > 3 x ULN within 2 weeks
- Blarbification of the quuxes

Exclusion criteria:
- Age below 21 years
- Pregnancy or zorbing
"""
HOSTILE = '</style></title><script>alert(1)</script><img src=x onerror=alert(1)> \x1b[31m\u202e\u2066 ‘" onload=x'


def trial(**fields: Any) -> ParsedTrial:
    """A record of the tests' own, parsed without the trained model."""
    record = {"id": "T1", "title": "A study", "minimum_age": "16 Years", "eligibility": TEXT, "description": "Prose."}
    return critparse.parse(record | fields, model=False)


def page_of(*trials: ParsedTrial, unreadable: int = 0) -> str:
    """All trials on one page."""
    out = io.StringIO()
    with Pages(lambda: out) as pages:
        for one in trials:
            pages.add(one)
        pages.end(unreadable)
        return out.getvalue()


def hostile() -> ParsedTrial:
    """A document in which every word that a record, or whoever edits one, could set is an attack."""
    text = f"Inclusion criteria:\n- SLE {HOSTILE} age 18 to 60 years\n- {HOSTILE}\nExclusion criteria:\n- Age below 21"
    document = json.loads(trial(eligibility=text, title=HOSTILE, id=HOSTILE).model_dump_json())
    document["parser"].update(name=HOSTILE, version=HOSTILE, model=HOSTILE)
    document["source_format"] = HOSTILE
    for one in document["texts"]:
        one["label"] = HOSTILE
    for criterion in document["criteria"]:
        criterion.update(id=criterion["id"] + HOSTILE, section=HOSTILE)
        criterion["hints"] = [{"problem": HOSTILE, "confidence": 0.5}]
        for entity in criterion["entities"]:
            code = {"system": HOSTILE, "code": HOSTILE, "display": HOSTILE, "score": 1.0, "method": HOSTILE}
            entity.update(label=HOSTILE, text=HOSTILE, concepts=[code])
    for finding in document["findings"]:
        finding.update(code=HOSTILE, message=HOSTILE, suggestion=HOSTILE)
    return ParsedTrial.model_validate(document)


@functools.cache
def document_of(text: str) -> ParsedTrial:
    """A record of one criterion."""
    return critparse.parse({"eligibility": f"Inclusion Criteria:\n\n* {text}\n"}, model=False)


def criterion_of(text: str) -> Criterion:
    """The criterion of a record of its own."""
    return document_of(text).criteria[0]


class SentForm(HTMLParser):
    """The fields that a browser sends for forms that nobody touched, as the HTML standard has it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._area = self._select = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs have no line breaks; a list has its first option when none is chosen."""
        own = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in own and (own.get("type") != "checkbox" or "checked" in own):
            self.fields[own["name"]] = own.get("value", "").replace("\r", "").replace("\n", "")
        elif tag == "textarea":
            self._area = own["name"]
            self.fields[self._area] = ""
        elif tag == "select":
            self._select = own["name"]
        elif tag == "option" and ("selected" in own or self._select not in self.fields):
            self.fields[self._select] = own["value"]

    def handle_data(self, data: str) -> None:
        """What stands in a text area."""
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        """A line break behind the tag is not part of a text area; the others are sent as two characters."""
        if tag == "textarea":
            self.fields[self._area] = self.fields[self._area].removeprefix("\n").replace("\n", "\r\n")
            self._area = ""
