"""The form of a rule: it gives every rule back as it was, changes any field, and says what is wrong at its field."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import SentForm, criterion_of, document_of
from pydantic import BaseModel
from review_support import RECORD
from support import FIRST_TRIAL, ROOT, SHARED

import critparse
from critparse.review.pages import rulefields, rulevalues
from critparse.review.pages.editing import State, rule_form
from critparse.review.pages.rendering import environment
from critparse.review.pages.ruleforms import Formed, formed, of_json
from critparse.review.pages.wordforms import Words
from critparse.schema import (
    AllOf,
    AtLeast,
    Criterion,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Rule,
    Span,
    Unstructured,
)

RECORDS = SHARED / "registry" / "records.jsonl.gz"
SAMPLED = 18
"""Of so many registry records one is tried: 190 and a few."""


def words_of(text: str) -> Words:
    """The words of a criterion that stands alone in a record."""
    return Words(document_of(text), criterion_of(text))


def sent_for(one: Criterion, words: Words, rule: Rule | None = None) -> dict[str, str]:
    """The fields that a browser sends for the rule of a criterion that nobody touched."""
    root = rulefields.node_of(rule or one.rule, words)
    macros: Any = environment().get_template("ruleform.html").module
    return SentForm(macros.node(rule_form(1, one, State()), root, "r")).fields


def unchanged(document: ParsedTrial) -> Iterator[tuple[str, bool]]:
    """Each criterion of a document, and whether its form, sent as it is, gives its rule."""
    for one in document.walk():
        words = Words(document, one)
        yield f"{one.id} {one.text[:80]}", formed(rulefields.read(sent_for(one, words)), words) == (one.rule, {})


def typed(text: str, rule: Rule | None = None, **fields: str) -> Formed:
    """What comes of the form of a criterion of this text when these fields are typed."""
    one, words = criterion_of(text), words_of(text)
    sent = sent_for(one, words, rule) | {name.replace("__", "."): value for name, value in fields.items()}
    return formed(rulefields.read(sent), words)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "corpora" / "conformance").glob("*.yaml")))
def test_forms_of_our_examples_give_their_rules_back(name: str) -> None:
    """For every case of a file of the conformance corpus, a form that nobody touched says just the rule it shows."""
    cases = yaml.safe_load((ROOT / "corpora" / "conformance" / f"{name}.yaml").read_text("utf8"))
    lost = []
    for case in cases:
        lost += [what for what, same in unchanged(document_of(case["text"])) if not same]
    assert lost == []


@pytest.mark.parametrize("record", [RECORD, FIRST_TRIAL], ids=["lists", "first"])
def test_forms_of_whole_records_give_their_rules_back(record: Any) -> None:
    """So do those of a list with its members, and of the first trial; words of the list above are found."""
    found = list(unchanged(critparse.parse(record, model=False)))
    assert found and [what for what, same in found if not same] == []


@pytest.mark.slow
@pytest.mark.skipif(not RECORDS.is_file(), reason="needs registry/records.jsonl.gz in $CRITPARSE_SHARED")
def test_forms_of_registry_records_give_their_rules_back() -> None:
    """Of all rules that the parser, with its model, makes of 190 registry records none loses anything in its form."""
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in itertools.islice(lines, 0, None, SAMPLED)]
    documents = (critparse.parse({"id": one["id"], "eligibility": one["criteria"] or ""}) for one in records)
    found = [(document.trial_id, *one) for document in documents for one in unchanged(document)]
    assert len(records) >= 190 and len(found) > 2000
    assert [one for one in found if not one[-1]] == []


def test_statements_without_words_are_left_as_they_are() -> None:
    """What the parser reads in a list without members has no words; other statements need some."""
    rule = Unstructured.model_validate({"subject": {"text": ""}, "reason": "a list without members"})
    both = AllOf(rules=(rule, Leaf.model_validate({"kind": "drug", "subject": {"text": "prednisone"}})))
    found: Any = typed("prednisone", both, **{"r.1.present": "no"})
    assert found.errors == {} and found.rule.rules[0] == rule
    assert typed("prednisone", both, **{"r.0.kind": "drug"}).errors.keys() == {"r.0.subject.text"}


TEXT = "Prednisone or ibuprofen by mouth, 5 to 10 mg twice a week for 3 months before screening, if women are wheezing"


def span(words: str) -> Span:
    """Where words stand in the example (its marker "* " and the heading stand before it)."""
    one = criterion_of(TEXT)
    at = one.span.start + one.text.index(words)
    return Span(text_id=one.span.text_id, start=at, end=at + len(words))


def a_range(**fields: Any) -> dict[str, Any]:
    """A range with everything in it."""
    return {
        "lower": {"value": 5, "inclusive": True},
        "upper": {"value": 10, "inclusive": True},
        "unit": {"ucum": "mg", "text": "mg"},
        "relative_to": "uln",
        "evidence": (span("5 to 10 mg"),),
        **fields,
    }


def full() -> Leaf:
    """A statement in which every field of the schema says something."""
    code = {"system": "MESH", "code": "D011241", "display": "Prednisone", "score": 0.9, "method": "dictionary"}
    anchor = {"event": "screening", "text": "screening", "relation": "before", "span": span("screening")}
    data = {
        "kind": "drug",
        "subject": {"text": "Prednisone", "spans": (span("Prednisone"),), "concepts": (code,)},
        "range": a_range(),
        "alternatives": (a_range(),),
        "values": ("1",),
        "qualitative": "positive",
        "present": True,
        "windows": (
            {"kind": "recency", "range": a_range(), "anchor": anchor, "evidence": (span("3 months before screening"),)},
        ),
        "qualifiers": ({"kind": "severity", "value": "severe", "text": "wheezing", "span": span("wheezing")},),
        "dose": {
            "amount": a_range(),
            "route": "oral",
            "frequency": {"count": a_range(), "interval": a_range(), "evidence": (span("twice a week"),)},
            "duration": a_range(),
            "evidence": (span("10 mg twice a week"),),
        },
        "scope": {"person": "subgroup", "text": "women", "span": span("women")},
        "evidence": (span("Prednisone"), span("by mouth")),
        "unread": (span("are"),),
        "confidence": 0.7,
    }
    return Leaf.model_validate(data)


def places(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """The place of every value in a model; passages and lists of words are one value each."""
    for name, field in model.model_fields.items():
        inner = [one for one in nested(field.annotation) if issubclass(one, BaseModel) and one is not Span]
        for one in inner:
            yield from places(one, f"{above}{name}.")
        if not inner:
            yield f"{above}{name}"


def nested(annotation: Any) -> Iterator[type]:
    """The classes in an annotation."""
    if isinstance(annotation, type):
        yield annotation
    for one in get_args(annotation):
        yield from nested(one)


def said(value: Any, place: str = "") -> dict[str, list[Any]]:
    """What a dumped model says, by place."""
    found: dict[str, list[Any]] = {}
    if isinstance(value, dict) and value.keys() != {"text_id", "start", "end"}:
        for name, inner in value.items():
            for where, what in said(inner, f"{place}.{name}".strip(".")).items():
                found.setdefault(where, []).extend(what)
    elif isinstance(value, list | tuple) and any(isinstance(one, dict) and "text_id" not in one for one in value):
        for inner in value:
            for where, what in said(inner, place).items():
                found.setdefault(where, []).extend(what)
    else:
        found[place] = [value]
    return found


OTHER = {
    "evidence": "ibuprofen", "spans": "ibuprofen", "unread": "ibuprofen", "text": "ibuprofen", "value": "7",
    "inclusive": "no", "ucum": "kg", "relative_to": "lln", "values": "2", "qualitative": "negative", "present": "no",
    "relation": "after", "event": "surgery", "route": "topical", "person": "donor",
}  # fmt: skip
"""What is typed, by the last name of the place."""
TYPED = {
    "kind": ("kind", "device"),
    "windows.kind": ("windows.0.kind", "period"),
    "subject.concepts.system": ("subject.concepts", "OMOP:D011241 Prednisone"),
    "subject.concepts.code": ("subject.concepts", "MESH:D011239 Prednisone"),
    "subject.concepts.display": ("subject.concepts", "MESH:D011241 Prednisolone"),
    "qualifiers.kind": ("qualifiers", "extent: severe | wheezing"),
    "qualifiers.value": ("qualifiers", "severity: mild | wheezing"),
    "qualifiers.text": ("qualifiers", "severity: severe | ibuprofen"),
}
"""Fields whose names or values do not follow from their places."""
EDITED = [place for place in places(Leaf) if place not in rulevalues.FOLLOWING]


@pytest.mark.parametrize("place", EDITED)
def test_every_value_of_a_statement_has_a_field(place: str) -> None:
    """Typing something else into its field changes this value, and besides it only what is said to follow."""
    rule, last = full(), place.rpartition(".")[2]
    name = place.removesuffix(".value").replace("windows.", "windows.0.").replace("alternatives.", "alternatives.0.")
    name, new = TYPED.get(place) or (name, OTHER[last])
    found = typed(TEXT, rule, **{f"r.{name}": new})
    assert found.errors == {} and found.rule is not None
    before, after = said(rule.model_dump(mode="json")), said(found.rule.model_dump(mode="json"))
    changed = {where for where in before.keys() | after.keys() if before.get(where) != after.get(where)}
    follows = {"subject.spans", "subject.concepts"} if place.startswith("subject.") else set()
    assert place in changed
    assert not [one for one in changed - {place} - rulevalues.FOLLOWING.keys() if not one.startswith((*follows, "\0"))]


def test_what_has_no_field_is_listed_with_a_reason() -> None:
    """The list names places that exist, and everything else of a statement has been tried."""
    assert rulevalues.FOLLOWING.keys() <= set(places(Leaf)) and all(rulevalues.FOLLOWING.values())
    assert set(places(Unstructured)) - set(places(Leaf)) == {"reason"}
    assert typed("zorbing", kind="x").rule is not None


def test_groups_have_fields_for_all_they_say() -> None:
    """Ambiguity, count, and the words that say how many; conditions and denials hold what they held."""
    one = criterion_of(TEXT)
    parts = [Leaf.model_validate({"kind": "drug", "subject": {"text": name}}) for name in ("prednisone", "ibuprofen")]
    both: Any = typed(TEXT, AllOf(rules=tuple(parts)), r__ambiguous="yes").rule
    assert both == AllOf(rules=tuple(parts), ambiguous=True)
    few: Any = typed(TEXT, AtLeast(count=1, rules=tuple(parts)), r__count="2", r__evidence="twice").rule
    assert (few.count, few.evidence) == (2, (span("twice"),))
    assert set(AtLeast.model_fields) | set(AllOf.model_fields) == {"kind", "rules", "count", "evidence", "ambiguous"}
    for rule in (IfThen(condition=parts[0], rule=Not(rule=parts[1])), Not(rule=AllOf(rules=tuple(parts)))):
        assert typed(one.text, rule).rule == rule
    assert "twenty" in typed(TEXT, AtLeast(count=1, rules=tuple(parts)), r__evidence="twenty").errors["r.evidence"]


def test_only_what_people_change_becomes_certain() -> None:
    """A statement that was left alone keeps its confidence, beside one that was changed."""
    before: Any = criterion_of("asthma or zorbing").rule
    after: Any = typed("asthma or zorbing", **{"r.0.present": "no"}).rule
    assert (after.rules[0].confidence, after.rules[0].present) == (1.0, False)
    assert after.rules[1] == before.rules[1]


def test_fields_become_limits() -> None:
    """Typed limits, units and references stand where the schema has them; an emptied limit is no limit."""
    new = {"r.range.upper": "2.5", "r.range.lower": "1", "r.range.lower.inclusive": "no"}
    rule: Any = typed("ALT up to 3 x ULN", **new).rule
    assert (rule.range.upper.value, rule.range.upper.inclusive, rule.range.relative_to) == (2.5, True, "uln")
    assert (rule.range.lower.value, rule.range.lower.inclusive) == (1.0, False)
    names = ("upper", "lower", "relative_to", "unit.text", "unit.ucum")
    rule = typed("ALT up to 3 x ULN", **{f"r.range.{name}": "" for name in names}).rule
    assert rule.range is None


def test_new_words_of_a_statement_are_anchored_where_they_stand() -> None:
    """Another subject has the place and the codes of the mention; words of one's own have neither."""
    rule: Any = typed("asthma or eczema", **{"r.0.subject.text": "eczema"}).rule
    assert rule.rules[0].subject == rule.rules[1].subject.model_copy(update={"text": "eczema"})
    rule = typed("asthma or eczema", **{"r.0.subject.text": "hay fever"}).rule
    assert (rule.rules[0].subject.text, rule.rules[0].subject.spans) == ("hay fever", ())


def test_words_of_a_statement_are_found_beside_it() -> None:
    """Of words that stand there twice, those behind the beginning of the statement are meant."""
    text = "asthma for 2 years, or eczema for 2 years"
    rule: Any = typed(text, **{"r.1.unread": "years"}).rule
    one = criterion_of(text)
    assert rule.rules[1].unread[0].start == one.span.start + one.text.rindex("years")


def test_parts_are_added_and_taken_away() -> None:
    """A time, a limit in another unit and a dose get their fields by buttons; emptied or removed they are gone."""
    one, words = criterion_of("prednisone"), words_of("prednisone")
    root = rulefields.read(sent_for(one, words))
    for what in ("windows", "alternatives", "dose", "dose"):
        root = rulefields.changed(root, f"{what}:r")
    assert formed(root, words).rule == one.rule, "as long as nothing is typed"
    new = {"windows.0.kind": "recency", "windows.0.range.upper": "4", "windows.0.range.unit.ucum": "wk"}
    dose = {"dose.amount.upper": "10", "dose.amount.unit.ucum": "mg", "dose.frequency.interval.upper": "1"}
    root.values |= new | dose | {"alternatives.0.upper": "3", "scope.person": "donor", "scope.text": "donors"}
    rule: Any = formed(root, words).rule
    assert (rule.windows[0].range.upper.value, rule.windows[0].anchor) == (4.0, None)
    assert (rule.dose.amount.upper.value, rule.dose.frequency.interval.upper.value) == (10.0, 1.0)
    assert (rule.alternatives[0].upper.value, rule.scope.person, rule.scope.span) == (3.0, "donor", None)
    again = rulefields.changed(rulefields.read(sent_for(one, words, rule)), "undose:r")
    again.values |= {"windows.0.kind": "", "alternatives.0.upper": "", "scope.person": ""}
    assert formed(again, words).rule == one.rule.model_copy(update={"confidence": 1.0})


def test_parts_are_grouped_with_the_one_before() -> None:
    """Two statements become a group of the other kind; a third joins it."""
    one, words = criterion_of("asthma, eczema or hay fever"), words_of("asthma, eczema or hay fever")
    root = rulefields.read(sent_for(one, words))
    root = rulefields.changed(root, "join:r.2")
    assert [one.kind for one in root.members] == ["condition", "all_of"]
    root = rulefields.changed(rulefields.changed(root, "open:r.1"), "join:r.1")
    root = rulefields.changed(root, "join:r.1")
    assert [one.values["subject.text"] for one in root.members[0].members] == ["asthma", "eczema", "hay fever"]


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"range.upper": "seventy"}, "range.upper", "no number"),
        ({"range.lower": "80", "range.upper": "70"}, "range.upper", "below the lower"),
        ({"range.upper": "inf"}, "range.upper", "finite"),
        ({"subject.text": " "}, "subject.text", "about"),
        ({"subject.concepts": "nonsense"}, "subject.concepts", "no code"),
        ({"subject.spans": "eczema"}, "subject.spans", "does not stand"),
        ({"kind": "weather"}, "kind", "no kind"),
        ({"kind": "unstructured", "reason": ""}, "reason", "why"),
        ({"qualifiers": "severe"}, "qualifiers", "kind: value"),
        ({"range.relative_to": "moon"}, "range.relative_to", "uln"),
        ({"windows": "1", "windows.0.kind": "never"}, "windows.0.kind", "recency"),
        ({"windows": "2", "windows.0.kind": "", "windows.1.kind": "never"}, "windows.1.kind", "recency"),
        ({"dose": "1", "dose.amount.upper": "ten"}, "dose.amount.upper", "no number"),
        ({"dose": "1", "dose.amount.upper": "nan"}, "dose.amount.upper", "finite"),
        ({"scope.person": "moon"}, "scope.person", "participant"),
        ({"unread": "eczema"}, "unread", "does not stand"),
        ({"kind": "any_of", "members": "0"}, "kind", "members"),
        ({"kind": "at_least", "members": "1", "0.subject.text": "x", "0.kind": "drug"}, "count", "1 to 1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changes: dict[str, str], where: str, what: str) -> None:
    """Each kind of mistake is named at the field it stands in."""
    found = typed("age 18 to 70 years", **{f"r.{name}": value for name, value in changes.items()})
    assert found.rule is None
    assert what in found.errors[f"r.{where}"]


def test_a_form_that_is_too_large_is_refused_not_cut() -> None:
    """Members beyond what a form can hold are never dropped in silence."""
    fields = {"r.kind": "any_of", "r.members": "600"}
    for number in range(600):
        fields |= {f"r.{number}.kind": "drug", f"r.{number}.subject.text": "x"}
    found = formed(rulefields.read(fields), words_of("x"))
    assert found.rule is None and "more parts" in found.errors["r.500.kind"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_form_breaks_the_reading_of_forms(data: st.DataObject) -> None:
    """Whatever is sent is a rule or an error at a field."""
    one, words = criterion_of("asthma or eczema within 3 months"), words_of("asthma or eczema within 3 months")
    known = sent_for(one, words)
    odd = st.sampled_from(["", "0", "1", "-1", "999999", "all_of", "not", "{}", "[]", '{"subject": 1}', "null", "nan"])
    paths = st.sampled_from([*known, "r.members", "r.0.0.kind", "r.0.windows.0.kind", "r.0.dose", "r.0.alternatives"])
    sent = known | data.draw(st.dictionaries(paths, odd | st.text(max_size=8), max_size=6))
    found = formed(rulefields.read(sent), words)
    assert (found.rule is None) == bool(found.errors)
    action = st.sampled_from(["add:r", "wrap:r.0", "remove:r.1", "open:r", "windows:r.0", "join:r.1", "undose:r", ":"])
    assert rulefields.changed(rulefields.read(sent), data.draw(action)) is not None


def test_rule_as_json_is_held_against_the_schema() -> None:
    """What the schema does not know is refused with its place."""
    assert of_json('{"kind": "condition", "subject": {"text": "asthma"}}').rule is not None
    assert "subject" in of_json('{"kind": "condition"}').errors["json"]
    assert of_json("{").errors
