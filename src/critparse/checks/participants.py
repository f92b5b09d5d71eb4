"""Who takes part: consent of minors, and criteria for people of the other sex."""

from __future__ import annotations

from collections.abc import Iterator

from critparse.checks.ages import eligibility_age, field_limit
from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, Facts, at
from critparse.checks.phrases import phrases
from critparse.checks.places import Places, own_words, part
from critparse.checks.registry import Problem, check
from critparse.schema import Evidence, FieldEvidence

_OWN_CONSENT = 14.0
"""Years: below this age nobody consents alone anywhere; of older minors some countries ask no parent."""


@check(
    "minor-consent",
    title="Young children are admitted, but only the participant's own consent is asked for",
    severity="info",
    message="Children from {age} are admitted, but nobody else is asked to consent: “{quote}” ({where}).",
    suggestion="Ask for the consent of a parent or legal representative, or check the minimum age.",
)
def minor_consent(facts: Facts) -> Iterator[Problem]:
    """The minimum age is below 14 years, and the criteria ask for consent without naming a parent or representative."""
    age = _youngest(facts)
    if age is None:
        return
    texts = [text.text for text in facts.trial.texts]
    if any(cue_in("consent-others", text) for text in texts):
        return
    found = Places(facts)
    for item in facts.items:
        text, begin = own_words(item)
        if item.criterion.kind == "exclusion":
            continue
        for said in phrases("own-consent", text):
            found.add("", part(item, begin + said.start, begin + said.end), item.criterion.id, age=age[0])
    for problem in found.problems():
        yield Problem((age[1], *problem.evidence), problem.details)


def _youngest(facts: Facts) -> tuple[str, Evidence] | None:
    """The minimum age in words and where it stands, if the record admits young children."""
    field = facts.trial.registry.minimum_age
    if field is not None:
        if field_limit(field).value >= _OWN_CONSENT:
            return None
        shown = field.text or f"{field.value:g} {field.unit}"
        return shown, FieldEvidence(field="minimum_age", value=shown)
    stated = eligibility_age(facts, LIST).minimum
    if not stated or max(limit.value for limit in stated) >= _OWN_CONSENT or stated[0].span is None:
        return None
    return facts.text_of(stated[0].span), at(stated[0].span)


@check(
    "sex-specific-criterion",
    title="A criterion is about participants of the sex that cannot take part",
    severity="warning",
    message="The sex field says that only {field} may take part, but criteria are about {other}: “{quote}” ({where}).",
    suggestion="Correct the sex field, or leave the criterion out if it was copied from another study.",
    last=True,
)
def sex_specific_criterion(facts: Facts) -> Iterator[Problem]:
    """The field admits one sex, and criteria speak of pregnancy, or of prostate and sperm, of the other one.

    What is said of partners, donors, mothers and children is left out; so are records with a `sex-conflict`.
    """
    field = facts.trial.registry.sex
    if field not in ("male", "female") or any(finding.code == "sex-conflict" for finding in facts.reported):
        return
    other = "female" if field == "male" else "male"
    found = Places(facts)
    for item in facts.items:
        text, begin = own_words(item)
        around = [item.criterion.text, item.section, *(above.text for above in item.above)]
        if any(cue_in("sex-not-participant", words) for words in around):
            continue
        for said in phrases(f"only-{other}", text):
            people = {"field": "men" if field == "male" else "women", "other": "women" if field == "male" else "men"}
            found.add("", part(item, begin + said.start, begin + said.end), item.criterion.id, **people)
    for problem in found.problems():
        yield Problem((FieldEvidence(field="sex", value=field), *problem.evidence), problem.details)
