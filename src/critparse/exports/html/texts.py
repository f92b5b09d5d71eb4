"""The texts of a record as a page shows them whole: findings marked, ids where criteria begin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from critparse.exports.html.highlight import Mark, Segment, segments
from critparse.schema import ParsedTrial, SourceText


class Text(NamedTuple):
    """A text of the record with its highlights; ``criteria``: the ids of those that begin at an offset."""

    label: str
    marks: int
    segments: Iterable[Segment]
    criteria: Mapping[int, Sequence[str]]


def texts(trial: ParsedTrial, shown: Sequence[SourceText], marks: Mapping[str, list[Mark]]) -> Iterator[Text]:
    """The texts, those with marks first."""
    starts: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for criterion in trial.walk():
        starts[criterion.span.text_id][criterion.span.start].append(criterion.id)
    for text in sorted(shown, key=lambda text: not marks.get(text.id)):
        found, begun = marks.get(text.id, []), starts[text.id]
        yield Text(text.label, len(found), segments(text.text, found, begun), begun)
