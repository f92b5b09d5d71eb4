"""Criteria of the list that say the same twice, or ask for and exclude the same."""

from __future__ import annotations

from collections.abc import Iterator

from critparse.checks.cues import cue_in, without, words
from critparse.checks.facts import LIST, Facts, Item, at
from critparse.checks.registry import Problem, check
from critparse.schema import Criterion

_SHORTEST = 3
"""Words from which two criteria of the same words are one criterion written twice."""
_QUOTED = 200


@check(
    "criterion-duplicate",
    title="A criterion stands twice in the list",
    severity="info",
    message="The criteria {one} and {other} are the same: “{quote}”{more}.",
    suggestion="Remove the second, or correct it if it was meant to say something else.",
)
def duplicate(facts: Facts) -> Iterator[Problem]:
    """Two criteria of one kind have the same words and stand in one section; the sections of groups may repeat them.

    One finding for a record, with all of them: often the whole list is there twice.
    """
    first: dict[tuple[str, ...], Item] = {}
    pairs = []
    for item in _plain_items(facts):
        said = words(_content(item.criterion))
        key = (item.criterion.kind, item.section, *(above.id for above in item.above), *said)
        if len(said) >= _SHORTEST and first.setdefault(key, item) is not item:
            pairs.append((first[key], item))
    if pairs:
        yield _problem(facts, pairs)


@check(
    "required-and-excluded",
    title="The same is required and excluded",
    severity="error",
    message="“{quote}” is both an inclusion criterion ({one}) and an exclusion criterion ({other}){more}.",
    suggestion="Remove it from one of the two lists, or say in what the two differ.",
)
def required_and_excluded(facts: Facts) -> Iterator[Problem]:
    """An inclusion and an exclusion criterion have the same words, but for those that only speak of the participants.

    One finding for a record, with all of them: usually a list was pasted in twice.
    """
    included: dict[str, Item] = {}
    pairs = []
    for item in _plain_items(facts):
        said = without("copy-people", _content(item.criterion))
        if item.above or len(said.split()) < _SHORTEST:
            continue
        if item.criterion.kind == "inclusion":
            included.setdefault(said, item)
        elif item.criterion.kind == "exclusion" and said in included:
            pairs.append((included.pop(said), item))
    if pairs:
        yield _problem(facts, pairs)


def _plain_items(facts: Facts) -> Iterator[Item]:
    """The criteria of the list without sub-list; those of groups, and headings that look like criteria, left out.

    Such a heading is a line without bullet in a list with bullets, or ends in a colon.
    """
    listed = [item for item in facts.items if item.criterion.span.text_id == LIST]
    bulleted = {_list_of(item) for item in listed if item.criterion.marker}
    for item in listed:
        bare = not item.criterion.marker and _list_of(item) in bulleted
        heading = bare or item.criterion.text.rstrip().endswith(":")
        if not item.criterion.children and not heading and not cue_in("group-section", item.section):
            yield item


def _list_of(item: Item) -> str:
    """The criterion whose sub-list holds the item; "" for those at the top."""
    return item.above[-1].id if item.above else ""


def _content(criterion: Criterion) -> str:
    return criterion.text.removeprefix(criterion.marker)


def _problem(facts: Facts, pairs: list[tuple[Item, Item]]) -> Problem:
    one, other = pairs[0]
    details = {
        "one": one.criterion.id,
        "other": other.criterion.id,
        "quote": facts.text_of(one.criterion.span).removeprefix(one.criterion.marker).strip()[:_QUOTED],
        "more": f", and {len(pairs) - 1} more" if len(pairs) > 1 else "",
    }
    return Problem(tuple(at(item.criterion.span) for pair in pairs for item in pair), details)
