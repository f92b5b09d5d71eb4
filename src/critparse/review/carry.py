"""What people corrected, carried over to a new reading of the record wherever its words still stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from critparse.errors import InvalidEdit
from critparse.review.criteria import fresh_ids, reach, renamed
from critparse.review.events import Moved
from critparse.review.passages import Passage, nameless, passage, replaced, shifted
from critparse.schema import Criterion, Finding, Note, ParsedTrial, Span

_SHOWN = 80
"""Characters that name a passage in a report."""


def corrections(machine: ParsedTrial, document: ParsedTrial) -> list[tuple[Passage, Passage]]:
    """Where people changed what the parser had read: the passage as the parser had it, and as it is."""
    found = []
    for text in machine.texts:
        old, new = (_pieces(one, text.id) for one in (machine, document))
        changed = [place for place, saying in (*old, *new) if ((place, saying) in old) != ((place, saying) in new)]
        for start, end in _joined(changed):
            found.append((passage(machine, text.id, start, end), passage(document, text.id, start, end)))
    return found


def carried(machine: ParsedTrial, document: ParsedTrial, new: ParsedTrial) -> tuple[ParsedTrial, Moved]:
    """The new reading with the corrections that could be kept, without findings where there are any.

    A correction is kept where the words of its passage stand in the same text: in the same place, or else just once.
    """
    kept, lost = [], []
    result = new
    for _, corrected in corrections(machine, document):
        words = _words(document, corrected)
        start = _place(new, corrected.text_id, corrected.start, words)
        name = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 2].rstrip()} …"
        try:
            if start is None:
                raise InvalidEdit(reason="its words are gone")
            there = shifted(corrected, corrected.text_id, start)
            before = passage(result, there.text_id, there.start, there.end)
            if nameless(before) == nameless(there):
                kept.append(name)
                continue
            ids = fresh_ids(result)
            there = there.model_copy(update={"criteria": tuple(renamed(one, ids) for one in there.criteria)})
            result = replaced(result, before, there)
            kept.append(name)
        except InvalidEdit:
            lost.append(name)
    return result, Moved(kept=tuple(kept), lost=tuple(lost))


def moved_findings(moved: Moved, old: Mapping[str, Finding], new: Mapping[str, Finding]) -> Moved:
    """The report with what became of the findings, by their fingerprints."""
    both = [name for name in new if name in old]
    return moved.model_copy(
        update={
            "appeared": tuple(name for name in new if name not in old),
            "gone": tuple(name for name in old if name not in new),
            "shifted": tuple(name for name in both if old[name].evidence != new[name].evidence),
        }
    )


def _pieces(document: ParsedTrial, text_id: str) -> list[tuple[tuple[int, int], Criterion | Note]]:
    """Criteria and notes of a text by their places, criteria without numbers."""
    whole = nameless(passage(document, text_id, 0, max(len(text.text) for text in document.texts)))
    members: list[tuple[Span, Criterion | Note]] = [(reach(one), one) for one in whole.criteria]
    members += [(note.span, note) for note in whole.notes]
    return [((place.start, place.end), one) for place, one in members]


def _joined(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches that places cover, those that overlap as one."""
    first: tuple[int, int] | None = None
    for start, end in sorted(places):
        if first is not None and start < first[1]:
            first = first[0], max(first[1], end)
            continue
        if first is not None:
            yield first
        first = start, end
    if first is not None:
        yield first


def _words(document: ParsedTrial, given: Passage) -> str:
    text = next(text.text for text in document.texts if text.id == given.text_id)
    return text[given.start : given.end]


def _place(document: ParsedTrial, text_id: str, start: int, words: str) -> int | None:
    """Where the words stand in a text: in their old place, or the only one; None when that is not sure."""
    text = next((text.text for text in document.texts if text.id == text_id), None)
    if text is None:
        return None
    if text.startswith(words, start):
        return start
    return text.find(words) if text.count(words) == 1 else None
