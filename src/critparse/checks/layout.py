"""The record as a whole: texts that are missing, cut off or mixed with what does not belong there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, Facts, at, hull
from critparse.checks.places import shortened
from critparse.checks.registry import Problem, check
from critparse.schema import Evidence, FieldEvidence, Severity, SourceText, Span

_TAIL = 60
"""Characters at the end of a text that show where it was cut off."""
_LIMITS = (4000, 8000, 32767)
"""Lengths at which databases and spreadsheets cut texts off."""
_ENDS_OPEN = re.compile(
    r"(?:\.\.\.|…|,|(?<![\w)/])(?:and|or|of|the|with|in|to|for|a|an|by|than|from|at|on|as|including))$", re.IGNORECASE
)
_CLOSED = re.compile(r"[.;!?)\]\"”’%*>]$")
_AGE_TABLE = re.compile(
    r"Are the trial subjects under 18\?|F\.1\.[123](?:\.1)?\s{1,9}(?:Adults|Elderly|In Utero|Number of subjects)",
    re.IGNORECASE,
)
_FROM_EARLIER = re.compile(
    r"\b(?:previous|prior|original|former)\s{1,9}(?:participant\s{1,9})?(?:inclusion|exclusion|eligibility)\s{1,9}criteria\s{0,9}"
    r"(?:(?:from|as of|until|up to|valid|before|as at)\b|:)"
    r"|\b(?:amended|updated|modified|added|removed|changed)\s{1,9}(?:on|as of|in|from)?\s{0,9}"
    r"\d{1,2}[/. -](?:\d{1,2}|[A-Z][a-z]{2,8})[/. -]\d{2,4}",
    re.IGNORECASE,
)


def _list(facts: Facts) -> SourceText | None:
    """The eligibility section with words in it."""
    return next((text for text in facts.trial.texts if text.id == LIST and text.text.strip()), None)


@check(
    "eligibility-missing",
    title="The record has no eligibility criteria",
    severity="error",
    message="{what}.",
    suggestion="State who may take part and who may not.",
)
def eligibility_missing(facts: Facts) -> Iterator[Problem]:
    """The eligibility section is missing or blank, or it holds headings and "N/A" only."""
    text = _list(facts)
    if text is None and not facts.items:
        yield Problem((FieldEvidence(field="eligibility", value=""),), {"what": "The eligibility section is empty"})
    elif text is not None and not any(item.criterion.span.text_id == LIST for item in facts.items):
        quote = shortened(" ".join(text.text.split()))
        evidence = at(Span(text_id=LIST, start=0, end=len(text.text)))
        yield Problem((evidence,), {"what": f"The eligibility section names no criteria: “{quote}”"})


@check(
    "section-missing",
    title="The list has no inclusion or no exclusion criteria, or does not say which is which",
    severity="info",
    message="{what}.",
    suggestion="Use the headings “Inclusion Criteria” and “Exclusion Criteria”, and write “None” where there are none.",
)
def section_missing(facts: Facts) -> Iterator[Problem]:
    """The section lacks one kind of criteria without saying that there are none, or criteria stand under no heading.

    Only for records with structured fields: a text by itself may be an excerpt.
    """
    text = _list(facts)
    kinds = {item.criterion.kind for item in facts.items if item.criterion.span.text_id == LIST}
    if text is None or not kinds or not facts.has_fields:
        return
    whole: tuple[Evidence, ...] = (at(Span(text_id=LIST, start=0, end=len(text.text))),)
    if "unknown" in kinds and not kinds & {"inclusion", "exclusion"}:
        yield Problem(whole, {"what": "No heading says whether the criteria include or exclude"})
        return
    for kind in ("inclusion", "exclusion"):
        if (
            kind not in kinds
            and "unknown" not in kinds
            and _tail(text.text) is None
            and not cue_in(f"names-{kind}", text.text)
        ):
            yield Problem(whole, {"what": f"The section has no {kind} criteria"})


@check(
    "text-cut-off",
    title="The eligibility text breaks off",
    severity="warning",
    message="The text ends in the middle of a sentence or word: “… {quote}”.",
    suggestion="Supply the rest of the text; systems that copy records may cut long texts off.",
)
def text_cut_off(facts: Facts) -> Iterator[Problem]:
    """The section ends with "and", "..." or the like, or at a length at which systems cut off.

    Information where it ends with a comma, which may be a slip.
    """
    text = _list(facts)
    if text is None:
        return
    tail = _tail(text.text)
    if tail is not None:
        start, end = tail
        quote = " ".join(text.text[start:end].split())
        severity: Severity | None = "info" if quote.endswith(",") else None  # perhaps a slip of punctuation
        yield Problem((at(Span(text_id=LIST, start=start, end=end)),), {"quote": quote}, severity)


def _tail(text: str) -> tuple[int, int] | None:
    """The last words of a text that breaks off, ``None`` for any other."""
    end = len(text.rstrip())
    start = max(0, end - _TAIL)
    tail = text[start:end]
    cut = _ENDS_OPEN.search(tail) or (len(text) in _LIMITS and not _CLOSED.search(tail))
    return (start, end) if cut else None


@check(
    "revision-in-text",
    title="The text holds an earlier wording of the criteria",
    severity="info",
    message="An earlier wording or its date is part of the text: “{quote}”.",
    suggestion="Keep the present criteria only; registries keep the history of a record by themselves.",
)
def revision_in_text(facts: Facts) -> Iterator[Problem]:
    """The section says "previous inclusion criteria from …" or when it was amended: two versions stand in it."""
    notes = [note.span for note in facts.trial.notes if note.reason == "revision" and note.span.text_id == LIST]
    text = _list(facts)
    found = (
        [Span(text_id=LIST, start=m.start(), end=m.end()) for m in _FROM_EARLIER.finditer(text.text)] if text else []
    )
    spans = found or ([hull(tuple(notes))] if notes else [])
    if spans:
        yield Problem(tuple(at(span) for span in spans), {"quote": shortened(facts.text_of(spans[0]))})


@check(
    "age-table-in-text",
    title="A table of age groups is part of the criteria",
    severity="info",
    message="The register's table of age groups stands in the criteria: “{quote}”.",
    suggestion="Take the table out of the criteria; its age groups are no limits.",
)
def age_table_in_text(facts: Facts) -> Iterator[Problem]:
    """The age groups of the EU register ("F.1.2 Adults (18-64 years) yes") were copied into the criteria."""
    text = _list(facts)
    if text is not None and (rows := list(_AGE_TABLE.finditer(text.text))):
        span = Span(text_id=LIST, start=rows[0].start(), end=rows[-1].end())
        yield Problem((at(span),), {"quote": rows[0][0]})
