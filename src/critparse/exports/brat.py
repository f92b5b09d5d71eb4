"""brat standoff: a text as given, and its entities with negation, codes, relations and the rules as notes.

Offsets are characters of the text, as brat counts them. A line end inside a mention is a blank in brat's files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from critparse.exports import Files
from critparse.exports.capability import PARTS, Capabilities, Capability, Exported
from critparse.rules.explain import explain
from critparse.schema import Concept, Criterion, Entity, ParsedTrial

__all__ = ["CAPABILITIES", "brat_files", "export", "to_brat"]

ELIGIBILITY = "eligibility"
CAPABILITIES: Capabilities = dict.fromkeys(PARTS, Capability("rewritten", "in words, as a note of the criterion")) | {
    "concepts": Capability("exact", "`Reference` of each mention; codes of other systems for the same concept are not"),
    "unread": Capability("rewritten", "the words of the text"),
    "unstructured": Capability("rewritten", "the words of the text; in the criterion's note, with the reason"),
}
"""How brat expresses the parts of a rule: it annotates the text, which is whole."""
_BLANKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]")  # what would end a line or a column


def to_brat(trial: ParsedTrial, text_id: str = ELIGIBILITY) -> tuple[str, str]:
    """The contents of the ``.txt`` and the ``.ann`` file for one text of the trial.

    Raises:
        KeyError: the trial has no text with this id.
    """
    text = {source.id: source.text for source in trial.texts}[text_id]
    numbers = _Numbers()
    lines = [
        line
        for criterion in trial.walk()
        if criterion.span.text_id == text_id
        for line in _criterion_lines(criterion, text, numbers)
    ]
    return text, "".join(f"{line}\n" for line in lines)


def brat_files(trial: ParsedTrial) -> Files:
    """``.txt`` and ``.ann`` for the eligibility text, ``.description.txt`` and so on for others that hold criteria."""
    read = dict.fromkeys(criterion.span.text_id for criterion in trial.criteria)
    given = [text.id for text in trial.texts if text.id == ELIGIBILITY]
    files: dict[str, str] = {}
    for text_id in dict.fromkeys([*given, *read]):
        ending = "" if text_id == ELIGIBILITY else f".{text_id}"
        files[f"{ending}.txt"], files[f"{ending}.ann"] = to_brat(trial, text_id)
    return files


def export(trial: ParsedTrial) -> Exported:
    """The files of :func:`brat_files`; nothing is left out."""
    return Exported(brat_files(trial))


class _Numbers:
    """The running numbers of attributes, normalisations, relations and notes."""

    def __init__(self) -> None:
        self.attributes, self.codes, self.relations, self.notes = (itertools.count(1) for _ in range(4))


def _criterion_lines(criterion: Criterion, text: str, numbers: _Numbers) -> Iterator[str]:
    for entity in criterion.entities:
        yield from _entity_lines(entity, text, numbers)
    for relation in criterion.relations:
        yield f"R{next(numbers.relations)}\t{relation.type} Arg1:{relation.first} Arg2:{relation.second}"
    if criterion.entities:
        note = _one_line(f"{criterion.id} ({criterion.kind}): {explain(criterion.rule)}")
        yield f"#{next(numbers.notes)}\tAnnotatorNotes {criterion.entities[0].id}\t{note}"


def _entity_lines(entity: Entity, text: str, numbers: _Numbers) -> Iterator[str]:
    offsets = ";".join(f"{span.start} {span.end}" for span in entity.spans)
    mention = " ".join(_one_line(text[span.start : span.end]) for span in entity.spans)
    yield f"{entity.id}\t{entity.label} {offsets}\t{mention}"
    if entity.negated:
        yield f"A{next(numbers.attributes)}\tNegated {entity.id}"
    yield from _code_lines(entity.id, entity.concepts, numbers)


def _code_lines(entity_id: str, concepts: Sequence[Concept], numbers: _Numbers) -> Iterator[str]:
    for concept in concepts:
        if concept.method == "crossref":
            continue  # a code of another system adds nothing for annotators
        reference = f"{concept.system}:{concept.code}"
        yield f"N{next(numbers.codes)}\tReference {entity_id} {reference}\t{_one_line(concept.display)}"


def _one_line(text: str) -> str:
    """The text with every line end and tab as a blank, as long as before."""
    return _BLANKS.sub(" ", text)
