"""The EU Clinical Trials Register: its downloads as plain text, its pages, and the same as JSON, as ctrdata makes it.

Every line of a protocol has a code ("E.3 Principal inclusion criteria: …"), and a member state has a protocol of its
own. Age ranges are classes ("Adults (18-64 years)"), which the trial's own limits lie in: they are no minimum or
maximum age.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from critparse.schema import Registry
from critparse.sources import sections, values
from critparse.sources.clean import guessed
from critparse.sources.reader import Fields, FieldsReader, TextReader
from critparse.sources.record import Record, texts

NAME = "euctr"
TEXT_NAME = "euctr-text"
_INCLUSION, _EXCLUSION = "e3_principal_inclusion_criteria", "e4_principal_exclusion_criteria"
_LAY_TITLE = "a31_title_of_the_trial_for_lay_people_in_easily_understood_ie_nontechnical_language"
_PHASES = {
    "e71_human_pharmacology_phase_i": "Phase 1",
    "e72_therapeutic_exploratory_phase_ii": "Phase 2",
    "e73_therapeutic_confirmatory_phase_iii": "Phase 3",
    "e74_therapeutic_use_phase_iv": "Phase 4",
}
_FIELD_OF_CODE = {
    "A.2": "a2_eudract_number",
    "A.3": "a3_full_title_of_the_trial",
    "A.3.1": _LAY_TITLE,
    "E.1.1": "e11_medical_conditions_being_investigated",
    "E.2.1": "e21_main_objective_of_the_trial",
    "E.3": _INCLUSION,
    "E.4": _EXCLUSION,
    "E.7.1": "e71_human_pharmacology_phase_i",
    "E.7.2": "e72_therapeutic_exploratory_phase_ii",
    "E.7.3": "e73_therapeutic_confirmatory_phase_iii",
    "E.7.4": "e74_therapeutic_use_phase_iv",
    "F.2.1": "f21_female",
    "F.2.2": "f22_male",
    "F.3.1": "f31_healthy_volunteers",
    "F.4.2.2": "f422_in_the_whole_clinical_trial",
}
_LINE = re.compile(
    r"^[ \t]{0,8}(?P<code>[A-P](?:\.\d{1,2}){1,6})\.?(?=\s)\s{1,4}(?P<label>[^\n:]{1,200})(?::|(?=\n))[ \t]{0,8}",
    re.MULTILINE,
)
_TRANSLATED = re.compile(r"\((?!en\b)[a-z]{2}\)\s*\Z")
_RECORD = re.compile(r"^[ \t]{0,8}EudraCT Number:", re.MULTILINE)
_LINK = re.compile(r"/ctr-search/trial/(\d{4}-\d{6}-\d{2})/([A-Z]{2,3}|3rd)\b")


def recognises(fields: Fields) -> float:
    """Sure with the number and one of the fields of criteria."""
    return 1.0 if "a2_eudract_number" in fields and (_INCLUSION in fields or _EXCLUSION in fields) else 0.0


def recognises_text(text: str) -> float:
    """Sure with both coded headings of criteria."""
    codes = {match["code"] for match in _LINE.finditer(text) if "principal" in match["label"].lower()}
    return 0.95 if {"E.3", "E.4"} <= codes else 0.0


def protocols(text: str) -> list[str]:
    """The protocols, one for each member state, of a download of several; anything else as the only member."""
    starts = [match.start() for match in _RECORD.finditer(text)]
    if len(starts) < 2 or not recognises_text(text):
        return [text]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def read_text(text: str, where: str) -> Record:
    """Read one protocol; lines that it lacks are null."""
    fields = dict(_coded(text))
    link = _LINK.search(text)
    if link:
        fields["_id"] = f"{link[1]}-{link[2]}"
    return _record(fields, TEXT_NAME)


def read(fields: Fields, where: str) -> Record:
    """Read one protocol; fields that it lacks are null."""
    return _record(fields, NAME)


def _record(fields: Fields, format: str) -> Record:
    get = _getter(fields)
    title = values.text_or_none(get(_LAY_TITLE)) or values.text_or_none(get("a3_full_title_of_the_trial"))
    return Record(
        trial_id=values.text_or_none(get("_id")) or values.text_or_none(get("a2_eudract_number")),
        title=title,
        source_format=format,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", sections.joined(get(_INCLUSION), get(_EXCLUSION))),
            (
                guessed("summary", "Main objective of the trial", get("e21_main_objective_of_the_trial")),
                guessed("title", "Title", title or ""),
            ),
        ),
        registry=Registry(
            sex=_sex(values.yes_or_no(get("f21_female")), values.yes_or_no(get("f22_male"))),
            healthy_volunteers=values.yes_or_no(get("f31_healthy_volunteers")),
            conditions=values.names(get("e11_medical_conditions_being_investigated")),
            enrollment=values.count(get("f422_in_the_whole_clinical_trial")),
            phase=values.phase(name for field, name in _PHASES.items() if values.yes_or_no(get(field))),
        ),
    )


def _getter(fields: Mapping[str, Any]) -> Callable[[str], str]:
    """The text of a field; ctrdata writes a number or truth value for some, and "" stands for none."""

    def get(name: str) -> str:
        value = fields.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    return get


def _sex(female: bool | None, male: bool | None) -> values.Sex | None:
    if female and male:
        return "all"
    return "female" if female else "male" if male else None


def _coded(text: str) -> Iterator[tuple[str, str]]:
    """Each coded line that the record has a field for, with all below it up to the next coded line; no translations."""
    lines = list(_in_order(_LINE.finditer(text)))
    ends = [match.start() for match in lines[1:]] + [len(text)]
    for match, end in zip(lines, ends, strict=False):  # no end without a line
        field = _FIELD_OF_CODE.get(match["code"])
        if field and not _TRANSLATED.search(match["label"]):
            yield field, text[match.end() : end].strip()


def _in_order(lines: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    """The lines whose section does not come before the last one's: "B.2 …" among the criteria is theirs."""
    reached = ""
    for match in lines:
        if match["code"][0] >= reached:
            reached = match["code"][0]
            yield match


READER = FieldsReader(NAME, recognises, read)
TEXT_READER = TextReader(TEXT_NAME, recognises_text, read_text)
