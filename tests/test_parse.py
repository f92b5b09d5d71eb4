"""The public API, and what must hold for every document that it gives (DESIGN, section 6)."""

from __future__ import annotations

import copy
import gzip
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import FIRST_TRIAL, ROOT, SHARED, cpu_seconds, rules_in, spans_in

import critparse
from critparse.errors import (
    BinaryInput,
    CritparseError,
    EmptyInput,
    InputError,
    InputNotFound,
    InputTooLarge,
    MalformedInput,
    UnknownFormat,
)
from critparse.schema import Criterion, FieldEvidence, ParsedTrial, Span, SpanEvidence, Unstructured

PAGE = FIRST_TRIAL
ORIGINALS = SHARED / "registry" / "originals" / "v2"
RECORDS = SHARED / "registry" / "records.jsonl.gz"

TEXT = (
    "Inclusion Criteria:\n\n* Age 18 to 65 years\n* HbA1c ≥ 7.0 % and ≤ 10 %\n* Any of the following:\n"
    "  * Stroke\n  * Myocardial infarction\n\nExclusion Criteria:\n\n* Pregnancy\n* ALT > 3 x ULN\n"
)
STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A Trial"},
        "eligibilityModule": {
            "eligibilityCriteria": TEXT.replace(">", "\\>").replace("*", "\\*"),
            "minimumAge": "18 Years",
            "maximumAge": "70 Years",
            "sex": "ALL",
            "healthyVolunteers": False,
        },
        "descriptionModule": {"briefSummary": "A trial of something.", "detailedDescription": "Nothing is said here."},
    }
}
SIMPLE = {"id": "X1", "eligibility": TEXT, "minimum_age": "18 Years", "maximum_age": "70 Years"}


# --- what every document must fulfil


def families(criteria: Iterable[Criterion]) -> Iterator[list[Criterion]]:
    """Each top criterion with all below it."""
    for criterion in criteria:
        members, stack = [], [criterion]
        while stack:
            members.append(stack.pop())
            stack.extend(members[-1].children)
        yield members


def assert_own_words(trial: ParsedTrial) -> None:
    """The text of every criterion and entity is the slice that its span covers; entities lie in their criterion."""
    for criterion in trial.walk():
        assert criterion.text == trial.text_of(criterion.span), criterion.id
        assert criterion.text == criterion.text.strip() != "", criterion.id
        assert criterion.text.startswith(criterion.marker) or "\\" in criterion.text, criterion.id
        for entity in criterion.entities:
            assert entity.text == " ".join(map(trial.text_of, entity.spans)), (criterion.id, entity.id)
            for span in entity.spans:
                assert criterion.span.text_id == span.text_id
                assert criterion.span.start <= span.start < span.end <= criterion.span.end


def assert_cover(trial: ParsedTrial) -> None:
    """Spans of siblings are in order and disjoint; every visible character lies in exactly one criterion or note."""

    def in_order(criteria: tuple[Criterion, ...]) -> None:
        for left, right in pairwise(criteria):
            assert left.span.text_id != right.span.text_id or left.span.end <= right.span.start, (left.id, right.id)
        for criterion in criteria:
            in_order(criterion.children)

    in_order(trial.criteria)
    own = [criterion.span for criterion in trial.walk()] + [note.span for note in trial.notes]
    read = {span.text_id for span in own} | {"eligibility"}
    for text in trial.texts:
        if text.id not in read:
            continue
        position = 0
        for span in sorted((span for span in own if span.text_id == text.id), key=lambda span: span.start):
            assert position <= span.start < span.end <= len(text.text), f"{text.id}: spans overlap at {span.start}"
            assert not text.text[position : span.start].strip(), f"lost: {text.text[position : span.start]!r}"
            position = span.end
        assert not text.text[position:].strip(), f"lost: {text.text[position:]!r}"


def assert_anchored(trial: ParsedTrial) -> None:
    """Every span of a rule is a range of words of the criterion, of one above it or of one below it."""
    length = {text.id: len(text.text) for text in trial.texts}
    for members in families(trial.criteria):
        for criterion in members:
            for span in spans_in(criterion.rule):
                assert 0 <= span.start < span.end <= length[span.text_id], criterion.id
                assert any(
                    other.span.text_id == span.text_id and other.span.start <= span.start and span.end <= other.span.end
                    for other in members
                ), (criterion.id, trial.text_of(span))
    for finding in trial.findings:
        assert finding.evidence, finding.code
        assert len(finding.evidence) >= 2 or not finding.code.endswith("conflict"), finding.code
        for evidence in finding.evidence:
            if isinstance(evidence, SpanEvidence):
                assert 0 <= evidence.start < evidence.end <= length[evidence.text_id], finding.code
            else:
                assert isinstance(evidence, FieldEvidence)
                fields = {*type(trial.registry).model_fields, "eligibility"}  # a blank section has no passage to show
                assert evidence.field in fields, finding.code


def assert_identified(trial: ParsedTrial) -> None:
    """Ids are unique and say text, kind and place in the tree."""
    ids = Counter(criterion.id for criterion in trial.walk())
    assert not [name for name, count in ids.items() if count > 1]
    entities = Counter(entity.id for criterion in trial.walk() for entity in criterion.entities)
    assert not [name for name, count in entities.items() if count > 1]
    letters = {"inclusion": "I", "exclusion": "E", "unknown": "U"}
    for members in families(trial.criteria):
        for criterion in members:
            prefix = "" if criterion.span.text_id == "eligibility" else f"{criterion.span.text_id}:"
            assert criterion.id.startswith(prefix + letters[criterion.kind])
            assert [child.id for child in criterion.children] == [
                f"{criterion.id}.{number}" for number in range(1, len(criterion.children) + 1)
            ]


def assert_honest_rules(trial: ParsedTrial) -> None:
    """What is not structured has a reason; groups have members; every range has a bound, and a finite one."""
    for criterion in trial.walk():
        for rule in rules_in(criterion.rule):
            if isinstance(rule, Unstructured):
                assert rule.reason, criterion.id
            if hasattr(rule, "rules"):
                assert rule.rules, criterion.id
            limit = getattr(rule, "range", None)
            if limit is not None:
                bounds = [bound.value for bound in (limit.lower, limit.upper) if bound is not None]
                assert bounds, criterion.id
                assert all(map(math.isfinite, bounds)), criterion.id


def assert_round_trip(trial: ParsedTrial) -> None:
    """The JSON document holds all of it."""
    assert ParsedTrial.model_validate_json(trial.model_dump_json()) == trial


INVARIANTS: tuple[Callable[[ParsedTrial], None], ...] = (
    assert_own_words,
    assert_cover,
    assert_anchored,
    assert_identified,
    assert_honest_rules,
    assert_round_trip,
)


def real_records() -> list[Any]:
    """Every API v2 record among the shared ones, as parameters; one skipped parameter where there are none."""
    if not (RECORDS.exists() and ORIGINALS.is_dir()):
        reason = f"no registry records under {SHARED} (set CRITPARSE_SHARED)"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    found = [pytest.param(path, id=f"original-{path.stem}") for path in sorted(ORIGINALS.glob("*.json"))]
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if '"v2_json"' in line and (row := json.loads(line))["format"] == "v2_json":
                found.append(pytest.param(row["record"], id=f"{number}-{row['id']}"))
    return found


@pytest.mark.parametrize("source", real_records())
def test_a_real_record_keeps_every_promise(source: Any) -> None:
    """Originals and v2 records: own words, cover, anchors, ids, honest rules, round trip; all problems at once."""
    trial = critparse.parse(source)
    problems = []
    for invariant in INVARIANTS:
        try:
            invariant(trial)
        except AssertionError as problem:
            problems.append(f"{invariant.__name__}: {str(problem).splitlines()[0]}")
    assert not problems, "\n".join(problems)


LINES = st.sampled_from(
    ["Inclusion Criteria:", "Exclusion Criteria:", "* Age ≥ 18 years", "  * HbA1c > 7 \\% or \\< 5 %", "1. Stroke",
     "2) any of the following:", "   a. ALT \\> 3 x ULN", "", "None", "I. e. nothing", "- - -", "<b>Bold</b>",
     "\t\u2028x", "At least two of the following:", "History of asthma; no eczema", "&gt; 5 mg/day prednisone",
     "(" * 12, "\r", "NYHA III–IV", "Platelets ≥ 150 x 10^9"]
)  # fmt: skip


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=120), st.lists(LINES, max_size=14).map("\n".join)), st.booleans())
def test_any_text_keeps_every_promise(text: str, as_study: bool) -> None:
    """Arbitrary text, and text made of the usual lines, as a study's markdown or as it stands."""
    study: dict[str, Any] = copy.deepcopy(STUDY)
    study["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = text
    trial = critparse.parse(study if as_study else {"id": "X", "eligibility": text})
    for invariant in INVARIANTS:
        invariant(trial)


# --- the API


class TestParse:
    def test_text_file_bytes_and_dict_of_one_study_give_one_document(self, tmp_path: Path) -> None:
        """A study as dict, JSON text, bytes and file is the same document."""
        text = json.dumps(STUDY)
        path = tmp_path / "study.json"
        path.write_text(text, encoding="utf-8")
        found = [critparse.parse(source) for source in (STUDY, text, text.encode(), path)]
        assert all(trial == found[0] for trial in found[1:])
        assert (found[0].trial_id, found[0].title) == ("NCT00000001", "A Trial")
        assert [c.id for c in found[0].walk()] == ["I1", "I2", "I3", "I3.1", "I3.2", "E1", "E2"]

    def test_plain_text_gives_the_same_criteria_as_the_record_it_comes_from(self) -> None:
        """The eligibility text alone is read as it is inside a simple record."""
        plain, simple = critparse.parse(TEXT), critparse.parse(SIMPLE)
        assert plain.criteria == simple.criteria
        assert plain.notes == simple.notes
        assert plain.registry.minimum_age is None
        assert simple.registry.minimum_age is not None
        assert [note.reason for note in plain.notes] == ["heading", "heading"]

    def test_a_string_is_the_text_even_if_a_file_has_that_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only a Path is a file."""
        monkeypatch.chdir(PAGE.parent)
        trial = critparse.parse(PAGE.name)
        assert [text.text for text in trial.texts if text.id == "eligibility"] == [PAGE.name]

    def test_the_document_names_its_maker(self) -> None:
        """Schema version, parser and its version stand in the document."""
        trial = critparse.parse(TEXT)
        assert (trial.schema_version, trial.parser.name, trial.parser.version) == (
            "1.0",
            "critparse",
            critparse.__version__,
        )

    def test_a_parse_changes_nothing_it_was_given(self) -> None:
        """The caller's dict is left alone."""
        study = copy.deepcopy(STUDY)
        critparse.parse(study)
        assert study == STUDY

    def test_the_same_source_gives_the_same_bytes(self) -> None:
        """Twice in one process, other records between."""
        first = critparse.parse(PAGE).model_dump_json()
        critparse.parse(TEXT)
        assert critparse.parse(PAGE).model_dump_json() == first

    @pytest.mark.parametrize("seed", ["0", "1"])
    def test_another_process_gives_the_same_bytes(self, seed: str) -> None:
        """The order of sets and hashes plays no part."""
        code = "import sys, pathlib, critparse; print(critparse.parse(pathlib.Path(sys.argv[1])).model_dump_json())"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code, str(PAGE)], capture_output=True, check=True, env=environment, timeout=120
        )
        assert done.stdout.decode().strip() == critparse.parse(PAGE).model_dump_json()

    def test_a_document_without_eligibility_is_empty_not_an_error(self) -> None:
        """A record may lack its criteria; the document says so by having none."""
        trial = critparse.parse({"id": "X2", "title": "Nothing"})
        assert (trial.trial_id, trial.criteria, trial.notes) == ("X2", (), ())

    @pytest.mark.parametrize(
        "unit",
        [
            "(",
            "* (",
            "[<",
            "≥ 5 (",
            "1. 2. ",
            "no ",
            "18 - ",
            "a, b or c; ",
            "\\>",
            "asthma ",
            "HbA1c ",
            "mg/",
            "of 3 months ",
        ],
    )
    def test_hostile_lines_are_parsed_in_bounded_time(self, unit: str) -> None:
        """Eight times the text takes nowhere near 64 times the time."""
        critparse.parse("x")

        def seconds(times: int) -> float:
            return cpu_seconds(lambda: critparse.parse({"eligibility": unit * times}))

        assert seconds(2400) < 0.5 + 20 * seconds(300)


class TestParseMany:
    def test_records_come_in_order_with_errors_in_their_place(self) -> None:
        """A bad line costs nothing but itself."""
        lines = "\n".join([json.dumps(SIMPLE), '{"id": "broken', json.dumps({**SIMPLE, "id": "X2"})])
        first, second, third = critparse.parse_many(lines)
        assert isinstance(first, ParsedTrial)
        assert isinstance(second, MalformedInput)
        assert isinstance(third, ParsedTrial)
        assert (first.trial_id, third.trial_id) == ("X1", "X2")
        assert first.criteria == third.criteria
        assert [finding.code for finding in first.findings] == [finding.code for finding in third.findings]

    def test_one_record_is_a_source_of_one(self) -> None:
        """A single record gives what parse gives."""
        assert list(critparse.parse_many(SIMPLE)) == [critparse.parse(SIMPLE)]

    def test_a_source_with_no_records_is_refused(self) -> None:
        """The error comes for the source as a whole."""
        with pytest.raises(EmptyInput):
            list(critparse.parse_many(" \n"))

    def test_parse_refuses_several_records(self) -> None:
        """It is for one record; it does not silently take the first."""
        with pytest.raises(InputError, match="several records"):
            critparse.parse("\n".join([json.dumps(SIMPLE)] * 2))


class TestCheck:
    def test_the_findings_are_those_of_the_document(self) -> None:
        """From a source and from a document, also one that lost its findings."""
        trial = critparse.parse(PAGE)
        assert trial.findings
        assert critparse.check(PAGE) == trial.findings
        assert critparse.check(trial) == trial.findings
        assert critparse.check(trial.model_copy(update={"findings": ()})) == trial.findings
        assert critparse.check(ParsedTrial.model_validate_json(trial.model_dump_json())) == trial.findings

    def test_a_conflict_between_field_and_list_is_found(self) -> None:
        """Field 70, list 65: one error with both sides."""
        (finding,) = critparse.check(SIMPLE)
        assert (finding.code, finding.severity) == ("age-maximum-conflict", "error")
        assert {type(evidence) for evidence in finding.evidence} == {FieldEvidence, SpanEvidence}


class TestParseCriterion:
    def test_one_criterion_with_its_rule(self) -> None:
        """Id, kind, span and rule of a criterion given by itself."""
        criterion = critparse.parse_criterion("HbA1c ≥ 7.0% and ≤ 10%", kind="inclusion")
        assert (criterion.id, criterion.kind) == ("I1", "inclusion")
        assert criterion.span == Span(text_id="criterion", start=0, end=22)
        assert criterion.rule.kind == "measurement"
        assert criterion.rule.range is not None
        assert criterion.rule.range.lower is not None
        assert criterion.rule.range.upper is not None
        assert (criterion.rule.range.lower.value, criterion.rule.range.upper.value) == (7.0, 10.0)

    def test_without_a_kind_it_is_unknown(self) -> None:
        """Nothing is assumed."""
        criterion = critparse.parse_criterion("Asthma")
        assert (criterion.id, criterion.kind) == ("U1", "unknown")


class TestLoad:
    def test_it_is_a_working_language(self) -> None:
        """The pipeline finds mentions and their negation with the words of the text."""
        import spacy

        nlp = critparse.load()
        assert isinstance(nlp, spacy.language.Language)
        assert nlp.pipe_names == [
            "critparse_lexicon",
            "critparse_abbreviations",
            "critparse_negation",
            "critparse_model",
        ]
        text = "History of asthma, no diabetes mellitus."
        doc = nlp(text)
        assert doc.text == text
        from critparse.nlp.annotations import mentions_of

        mentions = mentions_of(doc)
        assert [text[mention.start : mention.end] for mention in mentions] == ["asthma", "diabetes mellitus"]

    def test_each_call_gives_a_pipeline_of_its_own(self) -> None:
        """A caller may change what it got."""
        changed = critparse.load()
        changed.remove_pipe("critparse_negation")
        assert "critparse_negation" in critparse.load().pipe_names

    def test_components_can_be_chosen(self) -> None:
        """Only those asked for are in it."""
        assert critparse.load(components=["critparse_lexicon"]).pipe_names == ["critparse_lexicon"]


class TestImport:
    def test_importing_the_package_loads_nothing_heavy(self) -> None:
        """Neither spaCy nor scispaCy nor numpy nor the unit libraries come with `import critparse`."""
        heavy = ["spacy", "scispacy", "numpy", "pint", "ucumvert", "lark", "typer", "rich"]
        code = f"import sys, critparse, critparse.errors; print([name for name in {heavy} if name in sys.modules])"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=60
        )
        assert done.stdout.strip() == "[]"

    def test_the_public_names_are_there(self) -> None:
        """Everything in __all__ exists and has a docstring or is plain data."""
        for name in critparse.__all__:
            found = getattr(critparse, name)
            assert name == "__version__" or found.__doc__, name


class TestBadInput:
    @pytest.mark.parametrize(
        ("source", "error"),
        [
            pytest.param("", EmptyInput, id="empty text"),
            pytest.param(" \n\t\r\n", EmptyInput, id="blank text"),
            pytest.param(b"", EmptyInput, id="no bytes"),
            pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00", BinaryInput, id="an image"),
            pytest.param(json.dumps(STUDY)[:200], MalformedInput, id="truncated JSON"),
            pytest.param('{"no": "record"}', UnknownFormat, id="JSON of another kind"),
            pytest.param({"no": "record"}, UnknownFormat, id="a dict of another kind"),
            pytest.param(Path("nowhere") / "absent.json", InputNotFound, id="no such file"),
            pytest.param(PAGE.parent, InputError, id="a directory"),
        ],
    )
    def test_it_is_refused_with_a_typed_error_of_one_line(self, source: Any, error: type[CritparseError]) -> None:
        """Each kind of bad input has its error, fit for a terminal, and survives pickling by its code."""
        with pytest.raises(error) as caught:
            critparse.parse(source)
        assert isinstance(caught.value, CritparseError)
        assert isinstance(caught.value, ValueError)
        assert "\n" not in str(caught.value)
        assert caught.value.code.startswith("CP1")

    def test_too_much_is_refused(self) -> None:
        """A text beyond the bound is not read at all."""
        with pytest.raises(InputTooLarge):
            critparse.parse("x" * 20_000_001)

    def test_an_unknown_format_is_refused(self) -> None:
        """The error lists the formats there are."""
        with pytest.raises(UnknownFormat, match="page"):
            critparse.parse(TEXT, format="telepathy")


def test_a_failing_component_costs_one_criterion_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is swallowed: the criterion comes back unread with the reason, the others are read."""
    from critparse.lexicon import Lexicon

    match = Lexicon.match

    def fail_on_gout(self: Lexicon, text: str) -> object:
        if "Gout" in text:
            raise RuntimeError("out of order")
        return match(self, text)

    monkeypatch.setattr(Lexicon, "match", fail_on_gout)
    trial = critparse.parse("Exclusion Criteria:\n\n* Gout\n* Asthma\n")
    assert [criterion.rule.kind for criterion in trial.criteria] == ["unstructured", "condition"]
    failed = trial.criteria[0].rule
    assert failed.kind == "unstructured"
    said = "RuntimeError: out of order"  # the model asks the dictionary itself where the component has failed
    assert failed.reason == f"internal error: critparse_lexicon: {said}; critparse_model: {said}"


def test_a_criterion_that_cannot_be_read_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is logged with its traceback; the criterion comes back unread, the record goes on."""
    from critparse.rules import build

    read = build.read

    def stumble(text: str, *others: object) -> object:
        if "Gout" in text:
            raise IndexError("our fault")
        return read(text, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "read", stumble)
    trial = critparse.parse("Exclusion Criteria:\n\n* Gout\n* Asthma\n")
    assert [criterion.rule.kind for criterion in trial.criteria] == ["unstructured", "condition"]
    assert "our fault" in caplog.text
