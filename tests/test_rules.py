"""What holds for the rules of any criterion: anchored, complete, stable; and how sub-lists hang on their lead-ins.

What single criteria mean is stated by the conformance cases; here stand the behaviours that need generated texts,
offsets, or a list with items below it. Rules are written in the notation of corpora/conformance/README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import notation
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support import rules_in, spans_in

import critparse
from critparse import parse_criterion
from critparse.lexicon.tokenize import split
from critparse.lexicon.vocabulary import rows
from critparse.nlp.tokens import Tokens
from critparse.rules.unread import content
from critparse.schema import Criterion, CriterionKind, Leaf, Span, Unstructured

HERE = Path(__file__).parent

KINDS: tuple[CriterionKind, ...] = ("inclusion", "exclusion", "unknown")
Rules = str | dict[str, Any]


def leaves_of(criterion: Criterion) -> list[Leaf | Unstructured]:
    """The statements of a criterion, by position."""
    return [rule for rule in rules_in(criterion.rule) if isinstance(rule, Leaf | Unstructured)]


def words_at(text: str, spans: tuple[Span, ...]) -> list[str]:
    """The slices that spans cover."""
    return [text[span.start : span.end] for span in spans]


def moved(value: Any, by: int) -> Any:
    """A dumped model with all its spans shifted."""
    if isinstance(value, dict):
        if set(value) == {"text_id", "start", "end"}:
            return {**value, "start": value["start"] + by, "end": value["end"] + by}
        return {key: moved(inner, by) for key, inner in value.items()}
    return [moved(inner, by) for inner in value] if isinstance(value, list | tuple) else value


def conformance_texts() -> list[tuple[str, CriterionKind]]:
    """The texts of all conformance cases."""
    folder = HERE.parent / "corpora" / "conformance"
    cases = [
        case for path in sorted(folder.glob("*.yaml")) for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    return [(case["text"], case["kind"]) for case in cases]


TEXTS = conformance_texts()


# --- anchors


class TestEvidence:
    @pytest.mark.parametrize("share", range(4))
    def test_every_statement_points_at_its_words(self, share: int) -> None:
        """Each leaf has evidence; its subject, limits and qualifiers lie in the text; all spans do."""
        for text, kind in TEXTS[share::4]:
            criterion = parse_criterion(text, kind=kind)
            for span in spans_in(criterion):
                assert 0 <= span.start < span.end <= len(text), text
            for leaf in leaves_of(criterion):
                assert leaf.evidence, text
                assert all(words.strip() for words in words_at(text, leaf.evidence)), text
                for qualifier in leaf.qualifiers:
                    assert qualifier.span is None or qualifier.text == words_at(text, (qualifier.span,))[0], text

    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            ("HbA1c of at least 7.0 % and not above 10 %", ["7.0", "10"]),
            ("Haemoglobin ≥ 9 g/dL (90 g/L)", ["9", "90"]),
            ("Bilirubin, ALT or AST above 2 × ULN", ["2"]),
            ("Aged between eighteen and 65 years", ["eighteen", "65"]),
            ("Prednisone more than 20 mg/day for three months", ["20", "three"]),
            ("Stroke within the last 6 months before screening", ["6"]),
            ("At least 3 relapses in the past 12 months", ["3", "12"]),
            ("ECOG 0, 1 or 2", ["0", "1", "2"]),
        ],
    )
    def test_the_words_of_every_limit_are_evidence(self, text: str, numbers: list[str]) -> None:
        """Each number lies in the evidence of a leaf, of its windows or of its dose."""
        criterion = parse_criterion(text, kind="inclusion")
        spans = [span for leaf in leaves_of(criterion) for span in spans_in(leaf)]
        for number in numbers:
            at = text.index(number)
            assert any(span.start <= at and at + len(number) <= span.end for span in spans), number

    def test_a_leaf_quotes_subject_and_limit(self) -> None:
        """Subject, range and leaf each have the words they rest on, and no others."""
        text = "Serum creatinine must be less than or equal to 1.5 mg/dL today"
        leaf = parse_criterion(text, kind="inclusion").rule
        assert isinstance(leaf, Leaf)
        assert leaf.range is not None
        assert words_at(text, leaf.subject.spans) == ["Serum creatinine"]
        assert words_at(text, leaf.range.evidence) == ["less than or equal to 1.5 mg/dL"]
        assert set(words_at(text, leaf.subject.spans)) | set(words_at(text, leaf.range.evidence)) <= set(
            words_at(text, leaf.evidence)
        )

    def test_three_subjects_of_one_limit_share_its_evidence(self) -> None:
        """Each of the leaves points at its own name and at the common limit."""
        text = "Bilirubin, ALT or AST above 2 × ULN"
        leaves = leaves_of(parse_criterion(text, kind="exclusion"))
        assert [words_at(text, leaf.subject.spans) for leaf in leaves] == [["Bilirubin"], ["ALT"], ["AST"]]
        assert all("above 2 × ULN" in words_at(text, leaf.evidence) for leaf in leaves)

    def test_an_inferred_subject_has_no_span(self) -> None:
        """ "18 to 75 years old" does not say age by a name; the rule shows that it was inferred."""
        leaf = parse_criterion("18 to 75 years", kind="inclusion").rule
        assert isinstance(leaf, Leaf)
        assert (leaf.kind, leaf.subject.spans) == ("age", ())
        assert leaf.confidence < 1.0


# --- nothing is lost

STATEMENTS = [
    ("age ≥ 18 years", "age"), ("HbA1c < 8 %", "measurement"), ("ALT above 3 × ULN", "measurement"),
    ("asthma", "condition"),
    ("epilepsy", "condition"), ("heart failure", "condition"), ("methotrexate", "drug"), ("warfarin", "drug"),
    ("ECOG 0 or 1", "measurement"), ("pregnancy", "reproductive"), ("informed consent", "consent"),
]  # fmt: skip
UNKNOWN = ["zorbled quimsy", "frabjous wibblet", "grommish plunkets", "vextrous snoodle", "brillig toves"]


class TestNothingIsLost:
    @settings(max_examples=150)
    @given(
        st.lists(st.one_of(st.sampled_from(STATEMENTS), st.sampled_from(UNKNOWN)), min_size=1, max_size=4, unique=True),
        st.sampled_from(["; ", " and ", " or ", ", and ", ". "]),
        st.sampled_from(KINDS),
    )
    def test_every_member_of_a_list_is_in_the_rule(self, members: list[Any], glue: str, kind: CriterionKind) -> None:
        """A known member gives a statement of its kind over its words; an unknown one is returned as unstructured.

        By the rules alone: the model has a guess about words that nobody knows.
        """
        names = [member if isinstance(member, str) else member[0] for member in members]
        if glue == ". ":
            names = [name if name[:3].isupper() else name[0].upper() + name[1:] for name in names]
        text = glue.join(names)
        leaves = leaves_of(parse_criterion(text, kind=kind, model=False))
        at = 0
        for member, name in zip(members, names, strict=True):
            at = text.index(name, at)
            touching = [
                leaf for leaf in leaves if any(span.start < at + len(name) and at < span.end for span in leaf.evidence)
            ]
            expected = "unstructured" if isinstance(member, str) else member[1]
            assert expected in [leaf.kind for leaf in touching], f"{name!r} in {text!r}"
            if isinstance(member, str):
                covered = [span for leaf in touching for span in leaf.evidence]
                assert any(span.start <= at and at + len(name) <= span.end for span in covered), text

    @given(
        st.lists(
            st.sampled_from(["zorble", "quimsy", "frabjous", "wibblet", "grommish", "snoodle"]), min_size=1, max_size=9
        )
    )
    def test_words_that_nobody_knows_come_back_whole(self, words: list[str]) -> None:
        """One unstructured statement with a reason, over all of the words, by the rules alone."""
        text = " ".join(words)
        (leaf,) = leaves_of(parse_criterion(text, kind="inclusion", model=False))
        assert isinstance(leaf, Unstructured)
        assert leaf.reason
        assert words_at(text, leaf.evidence) == [text]

    @pytest.mark.parametrize(
        "text",
        [
            "zorbled quimsy asthma",
            "asthma, zorbled quimsy",
            "asthma and the quimsy zorbled",
            "asthma zorbled quimsy",
            "HbA1c > 8 % zorbled quimsy",
            "Age ≥ 18 years who zorbled the quimsy",
            "Age ≥ 18 years. the quimsy zorbled",
        ],
    )
    def test_unknown_words_beside_a_statement_are_not_dropped(self, text: str) -> None:
        """They lie in some span of the rule: as part of a name, as a qualifier, or as unstructured."""
        criterion = parse_criterion(text, kind="inclusion")
        spans = spans_in(criterion.rule)
        covered = {at for span in spans for at in range(span.start, span.end)}
        for word in ("zorbled", "quimsy"):
            assert text.index(word) in covered, word

    @pytest.mark.parametrize("text", ["of the", "…", "( )", "and or", "no", "---", "18", "≥"])
    def test_words_without_content_are_not_silence_either(self, text: str) -> None:
        """A criterion of function words or signs has a rule that says it was not read."""
        leaves = leaves_of(parse_criterion(text, kind="inclusion"))
        assert leaves
        assert all(isinstance(leaf, Unstructured) and leaf.reason for leaf in leaves)

    @pytest.mark.parametrize("text", ["", "  ", "\n\t"])
    def test_no_words_at_all_are_said_so(self, text: str) -> None:
        """The empty criterion."""
        criterion = parse_criterion(text)
        assert isinstance(criterion.rule, Unstructured)
        assert criterion.rule.reason == "no words to read"
        assert criterion.text == ""

    def test_hardly_a_word_of_the_conformance_cases_is_outside_every_span(self) -> None:
        """Words with content that neither a rule nor an entity points at: modifiers only, and fewer than 1 in 25.

        Words that only narrow a statement ("of the left main artery") may be outside; the share is a ratchet.
        """
        all_words, lost = 0, []
        for text, kind in TEXTS:
            criterion = parse_criterion(text, kind=kind)
            covered = [(span.start, span.end) for span in spans_in(criterion.rule)]
            covered += [(span.start, span.end) for entity in criterion.entities for span in entity.spans]
            tokens = Tokens.of(text)
            for index, start in enumerate(tokens.starts):
                if content(tokens, index, index + 1):
                    all_words += 1
                    if not any(a <= start and tokens.ends[index] <= b for a, b in covered):
                        lost.append((tokens.words[index], text))
        assert len(lost) < all_words / 25, f"{len(lost)} of {all_words}: {lost[:20]}"


# --- stability


def fragments() -> list[str]:
    """Phrases of the vocabularies that the rules read, and names, numbers and signs."""
    found = [phrase for row in rows("cue_words.tsv", 3) for phrase in row[2].split("|")[:6]]
    found += [phrase for row in rows("cues.tsv", 3) for phrase in row[2].split("|")[:2]]
    found += [phrase for row in rows("temporal.tsv", 3) for phrase in row[2].split("|")[:3]]
    return [*sorted(set(found)), "asthma", "HbA1c", "ALT", "aspirin", "type 2 diabetes", "ECOG", "18", "≥", "<",
        "65 years", "%",
                                 "mg", "3 x ULN", "(", ")", ",", ";", ".", ":", "and", "or", "III", "-", "/", "no",
                                 "[", "\n", "x 10^9"]  # fmt: skip


FRAGMENTS = fragments()
ANY_TEXT = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(" ".join))


class TestStability:
    @pytest.mark.parametrize(
        ("text", "value", "power"),
        [
            ("Platelets ≥ 150 x 10^9", 150, "10*9"),
            ("Platelets ≥ 1.5 million", 1.5, "10*6"),
            ("Platelets > 90 thousand or more", 90, "10*3"),
        ],
    )
    def test_a_power_without_a_unit_is_read(self, text: str, value: float, power: str) -> None:
        """People leave out the "/L", also at the very end of a criterion."""
        leaf = leaves_of(parse_criterion(text, kind="inclusion"))[0]
        assert leaf.range is not None
        assert leaf.range.lower is not None
        assert leaf.range.unit is not None
        assert (leaf.range.lower.value, leaf.range.unit.ucum) == (value, power)
        assert leaf.range.unit.text.strip()
        assert leaf.range.unit.text in text

    @settings(max_examples=300)
    @given(ANY_TEXT, st.sampled_from(KINDS))
    def test_any_text_becomes_a_criterion(self, text: str, kind: CriterionKind) -> None:
        """Nothing raises; the text is kept; spans lie in it; every leaf has evidence; the document can be stored."""
        criterion = parse_criterion(text, kind=kind)
        # half of a surrogate pair, which no encoding can write, comes back as U+FFFD of the same length
        assert len(criterion.text) == len(text.strip()) or not text.strip()
        for span in spans_in(criterion):
            assert 0 <= span.start <= span.end <= len(text)
        assert all(leaf.evidence for leaf in leaves_of(criterion))
        assert Criterion.model_validate_json(criterion.model_dump_json()) == criterion

    @settings(max_examples=60)
    @given(ANY_TEXT, st.sampled_from(KINDS))
    def test_the_same_text_gives_the_same_criterion(self, text: str, kind: CriterionKind) -> None:
        """Twice, with another text in between."""
        first = parse_criterion(text, kind=kind)
        parse_criterion("Prednisone > 20 mg/day or asthma", kind="exclusion")
        assert parse_criterion(text, kind=kind) == first

    @settings(max_examples=120)
    @given(
        st.one_of(
            st.sampled_from([text for text, _ in TEXTS]), st.lists(st.sampled_from(FRAGMENTS), max_size=8).map(" ".join)
        ),
        st.text(" \t\n\r\u00a0\u2003", max_size=4),
        st.text(" \t\n\r\u00a0\u2003", max_size=4),
        st.sampled_from(KINDS),
    )
    def test_blanks_around_a_text_only_move_its_offsets(
        self, text: str, before: str, behind: str, kind: CriterionKind
    ) -> None:
        """The same rule and entities, every span shifted by the blanks in front."""
        text = text.strip()
        if not text:
            return
        plain = parse_criterion(text, kind=kind).model_dump(mode="json")
        padded = parse_criterion(before + text + behind, kind=kind).model_dump(mode="json")
        assert padded == moved(plain, len(before))

    @settings(max_examples=60)
    @given(st.sampled_from(TEXTS))
    def test_a_final_full_stop_changes_nothing(self, case: tuple[str, CriterionKind]) -> None:
        """Whoever writes the full stop means the same to the rules; the model's scores move a little."""
        text, kind = case
        if text[-1].isalnum():
            with_stop = notation.tree_of(parse_criterion(text + ".", kind=kind, model=False).rule)
            assert with_stop == notation.tree_of(parse_criterion(text, kind=kind, model=False).rule)

    def test_kinds_differ_in_their_connectives_only(self) -> None:
        """A statement is the same in both; a list without conjunction is read as documented."""
        text = "Asthma; HbA1c > 8 %"
        included, excluded = (parse_criterion(text, kind=kind) for kind in ("inclusion", "exclusion"))
        assert [leaf.model_dump() for leaf in leaves_of(included)] == [
            leaf.model_dump() for leaf in leaves_of(excluded)
        ]
        assert (included.rule.kind, excluded.rule.kind) == ("all_of", "any_of")

    def test_tokens_are_cut_the_same_inside_a_list(self) -> None:
        """The words of a criterion do not depend on what surrounds it in a record."""
        record = "Inclusion Criteria:\n\n* Asthma\n* Serum creatinine ≤ 1.5 mg/dL\n"
        alone = parse_criterion("Serum creatinine ≤ 1.5 mg/dL", kind="inclusion")
        inside = critparse.parse(record).criteria[1]
        assert notation.tree_of(inside.rule) == notation.tree_of(alone.rule)
        assert [entity.text for entity in inside.entities] == [entity.text for entity in alone.entities]
        assert "".join(split(record)) == record


# --- limits and their subjects

SUBJECTS = [
    ("HbA1c", "%", "%", "hba1c"), ("Serum creatinine", "mg/dL", "mg/dL", "serum creatinine"),
    ("Platelet count", "x 10^9/L", "10*9/L", "platelet count"),
    ("Haemoglobin", "g/dL", "g/dL", "haemoglobin"),
    ("Systolic blood pressure", "mmHg", "mm[Hg]", "systolic blood pressure"),
    ("BMI", "kg/m2", "kg/m2", "bmi"), ("LVEF", "%", "%", "lvef"), ("Heart rate", "bpm", "/min", "heart rate"),
]  # fmt: skip
PHRASES = [
    (phrase, operator)
    for phrase, operator, position in rows("operators.tsv", 3)
    if position == "pre" and "age" not in phrase.split()  # those make any number an age
]


@settings(max_examples=300)
@given(
    st.sampled_from(SUBJECTS),
    st.sampled_from(PHRASES),
    st.integers(2, 900),
    st.sampled_from(["{0} {1} {2} {3}", "{0}: {1} {2} {3}", "{0} ({1} {2} {3})", "Patients with {0} {1} {2} {3}"]),
    st.sampled_from(KINDS),
)
def test_a_limit_comes_back_on_its_subject(
    subject: tuple[str, str, str, str], operator: tuple[str, str], value: int, template: str, kind: CriterionKind
) -> None:
    """Subject, side, inclusiveness, value and unit of generated limits, each operator before the number."""
    name, written, ucum, expected = subject
    text = template.format(name, operator[0], value, written)
    leaves = leaves_of(parse_criterion(text, kind=kind))
    assert len(leaves) == 1, f"{text}: {[(leaf.kind, leaf.subject.text) for leaf in leaves]}"
    (leaf,) = leaves
    assert (leaf.kind, leaf.subject.text.lower()) == ("measurement", expected), text
    assert leaf.range is not None
    assert leaf.range.unit is not None
    lower = value if operator[1] in ("ge", "gt", "eq") else None
    upper = value if operator[1] in ("le", "lt", "eq") else None
    assert (leaf.range.lower.value if leaf.range.lower else None) == lower, text
    assert (leaf.range.upper.value if leaf.range.upper else None) == upper, text
    inclusive = operator[1] in ("ge", "le", "eq")
    assert {bound.inclusive for bound in (leaf.range.lower, leaf.range.upper) if bound} == {inclusive}, text
    assert leaf.range.unit.ucum == ucum, text
    quoted = " ".join(words_at(text, leaf.range.evidence))
    assert operator[0].replace(" ", "") in quoted.replace(" ", ""), text
    assert str(value) in quoted, text


# --- sub-lists


def rule_of_list(lead: str, members: list[str], kind: str) -> Rules | None:
    """The rule of an item with a list below it, as the document gives it; the ids show that it has children."""
    items = "".join(f"  * {member}\n" for member in members)
    trial = critparse.parse(f"{kind.title()} Criteria:\n\n* {lead}\n{items}\n* Gout\n")
    first = trial.criteria[0]
    assert len(first.children) == len(members), [criterion.id for criterion in trial.walk()]
    for child, words in zip(first.children, members, strict=True):
        assert words in child.text
    found: Rules = notation.tree_of(first.rule)
    return found


TWO = ["Stroke", "Asthma"]
THREE = ["Stroke", "Asthma", "Epilepsy"]


def both(op: str, *names: str) -> Rules:
    """A group of conditions."""
    return {op: [f"condition {name}" for name in names]}


class TestSubLists:
    @pytest.mark.parametrize(
        ("kind", "lead", "members", "expected"),
        [
            ("inclusion", "Any of the following:", TWO, both("any_of", "stroke", "asthma")),
            ("inclusion", "One or more of the following:", TWO, both("any_of", "stroke", "asthma")),
            ("inclusion", "At least one of the following:", TWO, both("any_of", "stroke", "asthma")),
            ("exclusion", "All of the following:", TWO, both("all_of", "stroke", "asthma")),
            ("exclusion", "Both of the following:", TWO, both("all_of", "stroke", "asthma")),
            (
                "inclusion",
                "At least two of the following:",
                THREE,
                {"at_least": 2, "of": [f"condition {name.lower()}" for name in THREE]},
            ),
            (
                "inclusion",
                "Two or more of these risk factors:",
                THREE,
                {"at_least": 2, "of": [f"condition {name.lower()}" for name in THREE]},
            ),
            ("inclusion", "At least three of the following:", TWO,
                {"at_least": 3, "of": ["condition stroke", "condition asthma"]}),
            ("inclusion", "Either:", TWO, both("any_of", "stroke", "asthma")),
            ("inclusion", "At least 1 of the following criteria:", TWO, both("any_of", "stroke", "asthma")),
        ],
    )  # fmt: skip
    def test_the_lead_in_says_how_members_are_joined(
        self, kind: str, lead: str, members: list[str], expected: Rules
    ) -> None:
        """Any, all, a number of them; the lead-in itself leaves no statement."""
        assert notation.matches(notation.expected_tree(expected), rule_of_list(lead, members, kind))

    @pytest.mark.parametrize(
        ("kind", "lead", "expected"),
        [
            ("inclusion", "Cardiovascular disease:", both("all_of", "cardiovascular disease", "stroke", "asthma")),
            (
                "inclusion",
                "Type 2 diabetes and at least one of the following:",
                {"all_of": ["condition type 2 diabetes", both("any_of", "stroke", "asthma")]},
            ),
            ("inclusion", "Gout or one of the following:", both("any_of", "gout", "stroke", "asthma")),
            ("inclusion", "If diabetic, one of the following:",
                {"if": "condition diabetic", "then": both("any_of", "stroke", "asthma")}),
            ("inclusion", "Gout unless:", both("any_of", "gout", "stroke", "asthma")),
            (
                "exclusion",
                "Gout with one of the following:",
                {"all_of": ["condition gout", both("any_of", "stroke", "asthma")]},
            ),
            (
                "exclusion",
                "Severe renal impairment, defined as any of the following:",
                {"all_of": ["condition renal impairment; severity=severe", both("any_of", "stroke", "asthma")]},
            ),
            ("inclusion", "Age ≥ 18 years with either:", {"all_of": ["age >= 18 a", both("any_of", "stroke",
            "asthma")]}),
            ("inclusion", "Women must have one of the following:",
                {"if": "sex female", "then": both("any_of", "stroke", "asthma")}),
        ],
    )  # fmt: skip
    def test_a_statement_in_the_lead_in_holds_with_the_list(self, kind: str, lead: str, expected: Rules) -> None:
        """What the lead-in states by itself is joined to the group of its members."""
        assert notation.matches(notation.expected_tree(expected), rule_of_list(lead, TWO, kind))

    @pytest.mark.parametrize(
        ("kind", "lead"),
        [
            ("inclusion", "No history of any of the following:"),
            ("inclusion", "Absence of:"),
            ("inclusion", "No evidence of the following:"),
        ],
    )
    def test_a_negation_in_the_lead_in_denies_every_member(self, kind: str, lead: str) -> None:
        """None of the members may hold; never the opposite."""
        tree = rule_of_list(lead, TWO, kind)
        denied = [notation.expected_tree({"not": both("any_of", "stroke", "asthma")})]
        denied.append(
            notation.expected_tree({"not": both("any_of", "stroke; history=history", "asthma; history=history")})
        )
        assert any(notation.matches(expected, tree) for expected in denied), tree

    @pytest.mark.parametrize(
        "lead",
        [
            "None of the following:",
            "Neither of the following:",
            "Must not have any of the following:",
            "Patients who do not have:",
        ],
    )
    def test_a_denying_lead_in_never_asks_for_its_members(self, lead: str) -> None:
        """Whatever becomes of the lead-in: no member is a positive inclusion."""
        trial = critparse.parse(f"Inclusion Criteria:\n\n* {lead}\n  * Stroke\n  * Asthma\n\n* Gout\n")
        for criterion in trial.criteria:
            tree = notation.tree_of(criterion.rule)
            if criterion.kind == "inclusion" and any(word in str(tree) for word in ("stroke", "asthma")):
                assert "not condition" in str(tree), tree

    @pytest.mark.parametrize(
        ("lead", "expected"),
        [
            ("Malignancy, except:", {"all_of": ["condition malignancy", {"not": both("any_of", "stroke", "asthma")}]}),
            ("Malignancy, with the exception of the following:",
                {"all_of": ["condition malignancy", {"not": both("any_of", "stroke", "asthma")}]}),
            ("Malignancy within 5 years, with the exception of the following:",
                {"all_of": ["condition malignancy; recency <= 5 a", {"not": both("any_of", "stroke", "asthma")}]}),
        ],
    )  # fmt: skip
    def test_a_list_of_exceptions_is_excepted(self, lead: str, expected: Rules) -> None:
        """ "except:" over a list takes its members out; it does not ask for them."""
        assert notation.matches(notation.expected_tree(expected), rule_of_list(lead, TWO, "exclusion"))

    @pytest.mark.parametrize(
        ("kind", "lead", "op", "clause"),
        [
            ("exclusion", "Refractory to all of the following:", "all_of", "response=refractory"),
            ("exclusion", "Contraindication to one of the following:", "any_of", "response=contraindication"),
            ("inclusion", "Gout as determined by failure of the following regimens:", "all_of", "response=failure"),
            ("inclusion", "Failure of the following regimens:", "all_of", "response=failure"),
            ("inclusion", "Intolerance to the following drugs:", "all_of", "response=intolerance"),
            ("inclusion", "Inadequate response to at least one of the following:", "any_of", "response=failure"),
            ("exclusion", "Use of any of the following within 4 weeks before screening:", "any_of",
                "recency <= 4 wk before screening"),
        ],
    )  # fmt: skip
    def test_what_the_lead_in_says_of_all_members_is_said_of_each(
        self, kind: str, lead: str, op: str, clause: str
    ) -> None:
        """Response words and windows of the lead-in reach every drug below it."""
        members: list[Any] = [f"drug methotrexate; {clause}", f"drug azathioprine; {clause}"]
        expected: Rules = {op: members}
        if lead.startswith("Gout"):
            expected = {"all_of": ["condition gout", *members]}
        tree = rule_of_list(lead, ["Methotrexate", "Azathioprine"], kind)
        assert notation.matches(notation.expected_tree(expected), tree), tree

    @pytest.mark.parametrize(
        ("first", "op"),
        [("Stroke, or", "any_of"), ("Stroke; or", "any_of"), ("Stroke or", "any_of"), ("Stroke, and", "all_of")],
    )
    @pytest.mark.parametrize("kind", ["inclusion", "exclusion"])
    def test_a_conjunction_at_the_end_of_a_member_joins_the_list(self, kind: str, first: str, op: str) -> None:
        """Without a lead-in that says otherwise, the trailing word decides, in both kinds."""
        tree = rule_of_list("Gout with:", [first, "Asthma"], kind)
        expected = notation.expected_tree({"all_of": ["condition gout", both(op, "stroke", "asthma")]})
        assert notation.matches(expected, tree), tree

    def test_the_lead_in_is_stronger_than_a_trailing_word(self) -> None:
        """ "all of the following: A; or B" stays what the lead-in says."""
        tree = rule_of_list("Gout with all of the following:", ["Stroke, or", "Asthma"], "inclusion")
        expected = both("all_of", "gout", "stroke", "asthma")
        assert notation.matches(notation.expected_tree(expected), tree), tree

    def test_lists_nest(self) -> None:
        """A list inside a list keeps both connectives, and each level has its own criterion and rule."""
        trial = critparse.parse(
            "Inclusion Criteria:\n\n* Any of the following:\n  * All of the following:\n    * Stroke\n    * Asthma\n"
            "  * Epilepsy\n"
        )
        (top,) = trial.criteria
        expected = {"any_of": [both("all_of", "stroke", "asthma"), "condition epilepsy"]}
        assert notation.matches(notation.expected_tree(expected), notation.tree_of(top.rule))
        assert [criterion.id for criterion in trial.walk()] == ["I1", "I1.1", "I1.1.1", "I1.1.2", "I1.2"]
        inner = notation.tree_of(top.children[0].rule)
        assert notation.matches(notation.expected_tree(both("all_of", "stroke", "asthma")), inner)

    def test_the_count_of_a_lead_in_is_evidence(self) -> None:
        """ "At least two of the following" is quoted by the rule that counts."""
        text = "Inclusion Criteria:\n\n* At least two of the following:\n  * Stroke\n  * Asthma\n  * Epilepsy\n"
        rule = critparse.parse(text).criteria[0].rule
        assert rule.kind == "at_least"
        assert words_at(text, rule.evidence) == ["At least two of the following"]

    def test_a_child_has_its_own_rule_and_words(self) -> None:
        """The rule of a child is about its own words; its parent's includes it unchanged."""
        text = "Exclusion Criteria:\n\n* Gout with any of the following:\n  * HbA1c > 9 %\n  * Asthma\n"
        (parent,) = critparse.parse(text).criteria
        assert [notation.tree_of(child.rule) for child in parent.children] == [
            "measurement hba1c > 9 %",
            "condition asthma",
        ]
        inside = list(rules_in(parent.rule))
        for child in parent.children:
            assert child.rule in inside
            assert all(child.span.start <= span.start and span.end <= child.span.end for span in spans_in(child.rule))


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("Abnormal electrocardiogram", ["Abnormal"]),
        ("Elevated D-dimer (> 1.5 mg/L)", []),  # the limit says how high
        ("Current treatment with warfarin", []),
        ("History of severe asthma", []),
        ("Positive for HIV", []),
    ],
)
def test_a_qualifier_that_no_statement_carries_is_unread(text: str, unread: list[str]) -> None:
    """It is kept beside the statement; general words and what the statement says itself are not."""
    rule = parse_criterion(text, kind="exclusion", model=False).rule
    assert isinstance(rule, Leaf)
    assert [text[span.start : span.end] for span in rule.unread] == unread
