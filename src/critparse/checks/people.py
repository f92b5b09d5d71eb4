"""Sex and healthy volunteers: the registry's fields against whom the criteria ask for."""

from __future__ import annotations

from collections.abc import Iterator

from critparse.checks.cues import cue_in, without, words
from critparse.checks.facts import LIST, SURE, Facts, Item, at, binds_participant, hull, leaves, required
from critparse.checks.registry import Problem, check
from critparse.schema import FieldEvidence, Leaf, Span

_SEXES = ("female", "male")
_OPENING = 4
"""Words at the head of a criterion that say who is meant."""
_HEAD = 12
"""Words at the head of a criterion among which it asks for its disease."""


@check(
    "sex-conflict",
    title="The sex field and the inclusion criteria differ",
    severity="error",
    message="The sex field says that {field} may take part, the criteria ask for {text}: “{quote}” ({where}).",
    suggestion="Correct the sex field, or the criterion if it is about some of the participants only.",
)
def sex(facts: Facts) -> Iterator[Problem]:
    """The sex field is compared with the sex that the inclusion criteria of the list ask for.

    "Male or female" contradicts a field for one sex; a criterion for one sex ("healthy male subjects") contradicts the
    other field, and the field "all" when nobody of the other sex is mentioned. What is asked of women or men among the
    participants (contraception, pregnancy tests, limits) is no such criterion; asking for pregnant women contradicts
    the field "male" only.
    """
    field = facts.trial.registry.sex
    if field is None:
        return
    asked = list(_asked_sexes(facts))
    for item, sexes, span in asked:
        both = len(sexes) == 2
        if both and field == "all":
            return
        if both or (field != "all" and field not in sexes) or (field == "all" and _only(facts, sexes, asked)):
            yield Problem(
                evidence=(FieldEvidence(field="sex", value=field), at(span)),
                details={
                    "field": _people(_SEXES if field == "all" else (field,)),
                    "text": _people(sexes),
                    "quote": facts.text_of(span),
                    "where": item.criterion.id,
                },
            )
            return


def _asked_sexes(facts: Facts) -> Iterator[tuple[Item, tuple[str, ...], Span]]:
    """The sexes that inclusion criteria ask of every participant, with the words that do."""
    for item, leaf in _required(facts):
        spans = leaf.subject.spans or leaf.evidence
        if leaf.kind != "sex" or not leaf.present or not leaf.values or not spans or item.above:
            continue
        if not cue_in("sex-condition", "".join(facts.sentence_at(hull(spans), item))):
            yield item, tuple(leaf.values), hull(spans)
    for item in facts.items:
        if item.criterion.span.text_id == LIST and item.criterion.kind == "inclusion" and not item.above:
            yield from _opening(item, facts.trial.registry.sex)


def _opening(item: Item, field: str | None) -> Iterator[tuple[Item, tuple[str, ...], Span]]:
    """The sexes that a criterion's first words name ("healthy male subjects …"), or its pregnant women.

    Where the field is "all", the whole criterion must not be about something asked of one sex.
    """
    if cue_in("group-section", item.section):
        return
    said = words(item.criterion.text.removeprefix(item.criterion.marker))
    if field == "male" and "pregnant" in said[:_OPENING] and not {"not", "non"} & set(said[:_OPENING]):
        yield item, ("female",), item.criterion.span
        return
    named, end = _named_at_head(said)
    asked_of_one = field == "all" and cue_in("sex-condition", item.criterion.text)
    if named and not asked_of_one and not cue_in("sex-duty", " ".join(said[end : end + _HEAD])):
        yield item, named, item.criterion.span


def _named_at_head(said: list[str]) -> tuple[tuple[str, ...], int]:
    """The sexes named at the head of a criterion, among words that only say who takes part, and where that ends."""
    named: set[str] = set()
    end = 0
    for place, word in enumerate(said[: 2 * _HEAD]):
        sex = next((sex for sex in _SEXES if cue_in(f"sex-{sex}", word)), None)
        if sex is not None:
            named.add(sex)
            end = place + 1
        elif words(without("age-opening", word)):
            break
    return tuple(sex for sex in _SEXES if sex in named), end


def _only(facts: Facts, sexes: tuple[str, ...], asked: list[tuple[Item, tuple[str, ...], Span]]) -> bool:
    """Whether the record speaks of participants of one sex alone."""
    other = next(sex for sex in _SEXES if sex not in sexes)
    if any(other in named for _, named, _ in asked) or _mentions_others(facts):
        return False
    for item in facts.items:
        for leaf in leaves(item.criterion.rule):
            person = leaf.scope.person if leaf.scope else "participant"
            if person != "partner" and leaf.kind == "sex" and other in leaf.values:
                return False
            if other == "female" and leaf.kind == "reproductive" and item.criterion.kind == "exclusion":
                return False
    return True


def _mentions_others(facts: Facts) -> bool:
    texts = [item.criterion.text for item in facts.items if item.criterion.kind != "exclusion"]
    return any(cue_in("sex-others", text) for text in [*texts, facts.trial.title or ""])


def _people(sexes: tuple[str, ...]) -> str:
    return " and ".join("women" if sex == "female" else "men" for sex in sexes)


@check(
    "healthy-volunteers-conflict",
    title="The healthy volunteers field and the inclusion criteria differ",
    severity="warning",
    message="The field says that healthy volunteers {field} accepted, the criteria {text}: “{quote}” ({where}).",
    suggestion="Correct the field: it says whether people without the condition under study may take part.",
)
def healthy_volunteers(facts: Facts) -> Iterator[Problem]:
    """The field "accepts healthy volunteers" is compared with whom the inclusion criteria of the list ask for.

    "Yes" is contradicted by a disease that every participant must have, unless the record speaks of healthy people,
    controls or other participants without it. "No" is contradicted by healthy participants where no disease is asked
    for; "in good general health" is no contradiction.
    """
    field = facts.trial.registry.healthy_volunteers
    if field is None:
        return
    found = _disease_asked(facts) if field else _healthy_asked(facts)
    if found:
        item, span = found
        yield Problem(
            evidence=(FieldEvidence(field="healthy_volunteers", value="Yes" if field else "No"), at(span)),
            details={
                "field": "are" if field else "are not",
                "text": "require a disease" if field else "ask for healthy participants",
                "quote": facts.text_of(span),
                "where": item.criterion.id,
            },
        )


def _disease_asked(facts: Facts) -> tuple[Item, Span] | None:
    """The disease that every participant must have, if nothing hints at participants without it."""
    texts = [item.criterion.text for item in facts.items if item.criterion.kind != "exclusion"]
    if any(cue_in("no-disease", text) for text in [*texts, facts.trial.title or ""]):
        return None
    for item in facts.items:
        criterion = item.criterion
        if criterion.kind == "exclusion" or item.above or criterion.span.text_id != LIST:
            continue
        head = " ".join(words(criterion.text.removeprefix(criterion.marker))[:_HEAD])
        conditional = head.startswith(("for ", "if ", "in "))
        if conditional or not cue_in("disease-asked", head) or {"no", "not", "without"} & set(head.split()):
            continue
        diseases = [leaf for leaf in leaves(criterion.rule) if _is_disease(leaf)]
        if diseases:
            return item, hull(diseases[0].subject.spans)
        if cue_in("disease-diagnosed", head) and not cue_in("healthy-state", head):
            return item, criterion.span
    return None


def _is_disease(leaf: Leaf) -> bool:
    sure = leaf.kind == "condition" and leaf.present and leaf.confidence >= SURE and bool(leaf.subject.spans)
    return sure and binds_participant(leaf) and not cue_in("healthy-state", leaf.subject.text)


def _healthy_asked(facts: Facts) -> tuple[Item, Span] | None:
    """The healthy participants asked for, if no disease is asked for as well."""
    found = None
    for item in facts.items:
        if item.criterion.span.text_id != LIST or item.criterion.kind != "inclusion":
            continue
        if cue_in("healthy-apart", item.criterion.text) or cue_in("disease-asked", item.criterion.text):
            return None
        if any(leaf.kind == "condition" and leaf.present for leaf in required(item.criterion.rule)):
            return None
        if found is None and cue_in("healthy-people", item.criterion.text):
            found = item, item.criterion.span
    return found


def _required(facts: Facts) -> Iterator[tuple[Item, Leaf]]:
    """What the list asks of every participant: the leaves of inclusion criteria, each with its criterion."""
    for criterion in facts.top(LIST):
        if criterion.kind == "exclusion" or cue_in("group-section", criterion.section or ""):
            continue
        for leaf in required(criterion.rule):
            spans = leaf.subject.spans or leaf.evidence
            item = facts.item_at(spans[0]) if spans and leaf.confidence >= SURE else None
            if item is not None:
                yield item, leaf
