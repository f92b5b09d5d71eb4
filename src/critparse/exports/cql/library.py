"""A trial as a CQL library: one definition per criterion, and what follows from all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from critparse.exports.capability import Exported, Omission
from critparse.exports.cql import helpers
from critparse.exports.cql.expressions import NULL, Expression, indented, joined, negated
from critparse.exports.cql.leaves import sex
from critparse.exports.cql.limits import WORDS_FOR, age, meanings
from critparse.exports.cql.records import Records
from critparse.exports.cql.terminology import Terminology
from critparse.exports.cql.trees import Tree
from critparse.exports.cql.words import Names, comment, identifier
from critparse.exports.parts import LIST, field_range, whole_text
from critparse.exports.unsaid import Unsaid
from critparse.schema import Criterion, ParsedTrial

ENDING = ".cql"
INCLUDED, EXCLUDED = "Meets All Inclusion Criteria", "Meets Any Exclusion Criterion"
ELIGIBLE, WITHIN, BOTH = "Eligible", "Within Registry Limits", "Eligible and Within Registry Limits"
REGISTRY = "registry"
_RESERVED = (
    "Patient", "FHIR", "FHIRHelpers", "System", "Index Date", INCLUDED, EXCLUDED, ELIGIBLE, WITHIN, BOTH,
    *(f"{WORDS_FOR}{result}" for result in ("positive", "negative", "abnormal", "normal")),
)  # fmt: skip
_UNFIT = re.compile(r"[^A-Za-z0-9_]+")
_MARKER = re.compile(r"^[\s\-*•·–—]*(?:\(?(?:\d{1,3}|[A-Za-z])[.)]\s)?[\s\-*•·–—]*")
_MAX_ID = 64
_ASIDE = "it stands outside the eligibility section, which has criteria of its own"
_UNKNOWN = "the text does not say whether it includes or excludes"


def export(trial: ParsedTrial) -> Exported:
    """One ``.cql`` file."""
    text, omissions = _Library(trial).written()
    return Exported({ENDING: text}, tuple(omissions))


class _Library:
    def __init__(self, trial: ParsedTrial) -> None:
        self._trial = trial
        self._names = Names([*_RESERVED, *helpers.names()])
        self._omissions: list[Omission] = []
        self._kinds: dict[str, list[str]] = {"inclusion": [], "exclusion": [], "unknown": []}
        main = [criterion for criterion in trial.criteria if criterion.span.text_id == LIST]
        self._criteria = main or list(trial.criteria)
        titles = [(c, self._names.new(f"{c.id} {_title(c)}")) for c in self._criteria]  # before all other names
        self._records = Records(Terminology(self._names), self._names)
        self._defined = [self._criterion(criterion, name) for criterion, name in titles]
        self._registry = self._registry_limits()
        asides = (criterion for criterion in trial.criteria if criterion not in self._criteria)
        self._omissions += [Omission(c.id, c.rule.kind, _ASIDE, " ".join(c.text.split())) for c in asides]

    def written(self) -> tuple[str, list[Omission]]:
        body = [*self._defined, *self._conclusions()]
        lookups = self._records.definitions()
        code = _code([*lookups, *body])
        functions = helpers.needed(code)
        parts = [
            self._head(),
            f"library {_library_name(self._trial.trial_id)} version '1.0.0'",
            "using FHIR version '4.0.1'",
            "include FHIRHelpers version '4.0.1' called FHIRHelpers",
            *self._records.terminology.declarations(),
            '// The day on which the patient would enter; today if it is not given.\nparameter "Index Date" Date',
            "context Patient",
            *_section("Criteria", self._defined),
            *_section("Together", self._conclusions()),
            *_section("What they look up", [*lookups, *meanings(code)]),
            *_section("How they look at it", [functions] if functions else []),
        ]
        return "\n\n".join(parts) + "\n", self._omissions

    def _head(self) -> str:
        trial, count = self._trial, len(self._omissions)
        rows = [
            f"Eligibility of {trial.trial_id or 'a trial without id'}" + (f": {trial.title}" if trial.title else "")
        ]
        rows.append(f"Written by critparse {trial.parser.version}. Definitions are true, false, or null: not known.")
        rows.append(f"Not expressed: {count or 'nothing'}" + (", null in their places or left out:" if count else "."))
        notes = [f"- {o.criterion} {o.part}: “{o.text}”: {o.reason}" for o in self._omissions]
        return "\n".join(comment(row) for row in (*rows, *notes))

    def _criterion(self, criterion: Criterion, name: str) -> str:
        tree = Tree(criterion, self._records)
        expression = tree.expression()
        self._omissions += tree.omissions
        if criterion.kind == "unknown":
            self._omissions.append(
                Omission(criterion.id, criterion.rule.kind, _UNKNOWN, " ".join(criterion.text.split()))
            )
        self._kinds[criterion.kind].append(name)
        section = [comment(criterion.section, "Section: ")] if criterion.section else []
        above = [*section, comment(whole_text(criterion), f"{criterion.kind.capitalize()} {criterion.id}: ")]
        return "\n".join([*above, _define(name, expression)])

    def _conclusions(self) -> list[str]:
        included = [Expression(identifier(name)) for name in self._kinds["inclusion"]]
        excluded = [Expression(identifier(name)) for name in self._kinds["exclusion"]]
        demands: list[Expression] = []
        found: list[str] = []
        if included:
            found.append(_define(INCLUDED, joined("and", included)))
            demands.append(Expression(identifier(INCLUDED)))
        if excluded:
            found.append(_define(EXCLUDED, joined("or", excluded)))
            demands.append(negated(Expression(identifier(EXCLUDED))))
        demands += [NULL._replace(notes=(comment(f"{name}: {_UNKNOWN}"),)) for name in self._kinds["unknown"]]
        found.append(_define(ELIGIBLE, joined("and", demands) if demands else NULL))
        return [*found, *self._registry]

    def _registry_limits(self) -> list[str]:
        """The record's own ages and sex: texts often leave these to them."""
        found: list[str] = []
        names: list[str] = []
        for words, text in self._limits():
            name = self._names.new(f"Registry: {words}")
            names.append(name)
            found.append(_define(name, text))
        if not found:
            return []
        together = joined("and", [Expression(identifier(name)) for name in names])
        both = joined("and", [Expression(identifier(name)) for name in (ELIGIBLE, WITHIN)])
        return [*found, _define(WITHIN, together), _define(BOTH, both)]

    def _limits(self) -> Iterator[tuple[str, Expression]]:
        fields = self._trial.registry
        for limit, side, words in ((fields.minimum_age, "lower", "at least"), (fields.maximum_age, "upper", "at most")):
            if limit is None:
                continue
            shown = f"{words} {limit.value:g} {limit.unit}"
            try:
                yield shown, age(field_range(limit, side))
            except Unsaid as why:
                self._omissions.append(Omission(REGISTRY, why.part, why.reason, shown))
        if fields.sex in ("female", "male"):
            yield fields.sex, sex([fields.sex])


def _define(name: str, expression: Expression) -> str:
    rows = [f"define {identifier(name)}:", *(indented(note) for note in expression.notes), indented(expression.text)]
    return "\n".join(rows)


def _section(title: str, definitions: Sequence[str]) -> list[str]:
    return [f"// --- {title}", *definitions] if definitions else []


def _code(texts: Iterable[str]) -> str:
    """Without comments."""
    return "\n".join(row for text in texts for row in text.split("\n") if not row.lstrip().startswith("//"))


def _title(criterion: Criterion) -> str:
    """The beginning of its words, without bullet or number."""
    return _MARKER.sub("", whole_text(criterion), count=1).rstrip(" .;,")


def _library_name(trial_id: str | None) -> str:
    name = _UNFIT.sub("_", trial_id or "").strip("_")[:_MAX_ID]
    return name if name[:1].isalpha() and name.isascii() else f"Trial_{name}".rstrip("_")
