"""What a library looks up in a record: for each concept and kind of resource one definition, which statements share."""

from __future__ import annotations

from critparse.exports.cql.terminology import Terminology, categories
from critparse.exports.cql.words import Names, identifier, string
from critparse.exports.unsaid import Unsaid
from critparse.schema import LeafKind, Subject

_LOOKED_UP: dict[str, tuple[str, ...]] = {
    "condition": ("conditions", "observations"),
    "drug": ("drugs",),
    "procedure": ("procedures",),
    "device": ("procedures",),
    "measurement": ("observations",),
    "observation": ("conditions", "observations"),
    "reproductive": ("conditions", "observations"),
    "allergy": ("allergies",),
}
_RETRIEVALS = {
    "conditions": '"Condition Facts"([Condition: {}])',
    "observations": '"Observation Facts"([Observation: {}])',
    "drugs": '"Drug Facts"([MedicationRequest: {0}], [MedicationStatement: {0}], [MedicationAdministration: {0}])',
    "procedures": '"Procedure Facts"([Procedure: {}])',
    "allergies": '"Allergy Facts"([AllergyIntolerance: {}])',
}

_NO_CODE = "its words have no code that records have"


class Records:
    """The definitions of what is looked up, in the order in which they were asked for."""

    def __init__(self, terminology: Terminology, names: Names) -> None:
        self.terminology = terminology
        self._names = names
        self._known: dict[str, str] = {}

    def facts(self, kind: LeafKind, subject: Subject) -> str:
        """The definition of all facts of a subject, as identifier. Raises Unsaid when it has no codes."""
        concept = self.terminology.of(subject)
        domains = _LOOKED_UP[kind]
        parts = [_RETRIEVALS[domain].format(identifier(concept)) for domain in domains if concept]
        parts += self._narrower(domains[0], subject)
        if not parts:
            raise Unsaid("concepts", _NO_CODE)
        label = "record" if len(domains) > 1 else domains[0]
        return self._defined(concept or subject.text, f": {label}", "\n  union ".join(parts))

    def results(self, subject: Subject, *, last: bool) -> str:
        """The definition of all values of a subject, or of the last ones. Raises Unsaid when it has no codes."""
        concept = self.terminology.of(subject)
        if concept is None:
            raise Unsaid("concepts", _NO_CODE)
        found = f'"Results"([Observation: {identifier(concept)}])'
        if last:
            return self._defined(concept, ": last results", f'"Latest"({found})')
        return self._defined(concept, ": results", found)

    def definitions(self) -> list[str]:
        """The definitions that were asked for."""
        return [f"define {name}:\n  {text}" for text, name in self._known.items()]

    def _narrower(self, domain: str, subject: Subject) -> list[str]:
        if domain == "conditions" and (codes := categories(subject)):
            below = f'"Below ICD-10-CM"([Condition], {{ {", ".join(map(string, codes))} }})'
            return [f'"Narrower"("Condition Facts"({below}))']
        if domain in ("drugs", "allergies") and (members := self.terminology.members(subject)):
            return [f'"Narrower"({_RETRIEVALS[domain].format(identifier(members))})']
        return []

    def _defined(self, words: str, suffix: str, text: str) -> str:
        if text not in self._known:
            self._known[text] = identifier(self._names.new(words, suffix))
        return self._known[text]
