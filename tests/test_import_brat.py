"""Corrected annotations: unchanged they give the same document, a correction shows, damage is refused by line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support import FIRST_TRIAL, Run, rules_in, spans_in

import critparse
from critparse.annotations import Imported, documents, read_document
from critparse.errors import InputError, InputNotFound, MalformedInput
from critparse.exports import export
from critparse.schema import Leaf, ParsedTrial

TEXT = (
    "Inclusion criteria:\r\n"
    "- Age 18 to 75 years\r\n"
    "- Type 2 diabetes mellitus\r\n"
    "- HbA1c ≥ 7.0 % within 3 months before screening\r\n"
    "- At least one of the following:\r\n"
    "  - hypertension\r\n"
    "  - no history of stroke\r\n"
    "Exclusion criteria:\r\n"
    "- Metformin in the last 30 days\r\n"
    "- Severe asthma or wobbly fooitis\r\n"
)


def written(trial: ParsedTrial, folder: Path, stem: str = "trial") -> Path:
    """The folder with the trial's brat files."""
    for ending, content in export(trial, "brat").items():
        (folder / f"{stem}{ending}").write_text(content, encoding="utf-8", newline="")
    return folder


def back(folder: Path) -> Imported:
    """What the one record of a folder becomes."""
    (document,) = documents(folder)
    return read_document(document)


def leaf(trial: ParsedTrial, words: str) -> Leaf:
    """The statement whose subject's words these are."""
    return next(
        rule
        for criterion in trial.criteria
        for rule in rules_in(criterion.rule)
        if isinstance(rule, Leaf) and any(trial.text_of(span) == words for span in rule.subject.spans)
    )


class Annotator:
    """Changes the lines of ``trial.ann`` as a person would."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = written(critparse.parse(TEXT), folder), folder / "trial.ann"

    @property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return self.path.read_text(encoding="utf-8").splitlines()

    def id_of(self, words: str) -> str:
        """The id of the mention with these words."""
        return next(line.split("\t")[0] for line in self.lines if line[0] == "T" and line.split("\t")[2] == words)

    def keep(self, wanted: list[str]) -> Imported:
        """Write these lines, and read all back."""
        self.path.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8", newline="")
        return back(self.folder)

    def without(self, *, about: str, kinds: str) -> list[str]:
        """The lines but for those of some kinds about a mention."""
        names = (re.split(r"[\t :]", line) for line in self.lines)
        return [line for line, ids in zip(self.lines, names, strict=True) if line[0] not in kinds or about not in ids]

    def mention(self, words: str, label: str, id_: str = "T90") -> str:
        """A new T line for words of the text."""
        start = TEXT.index(words)
        return f"{id_}\t{label} {start} {start + len(words)}\t{words}"


@pytest.fixture
def annotator(tmp_path: Path) -> Annotator:
    """Of the text above."""
    return Annotator(tmp_path)


class TestRoundTrip:
    def test_first_trial(self, tmp_path: Path) -> None:
        """Entities, relations, rules and spans of both texts come back as they were."""
        trial = critparse.parse(FIRST_TRIAL)
        found = back(written(trial, tmp_path, "NCT01741857"))
        assert found.left_out == () and found.trial.trial_id == "NCT01741857"
        assert found.trial.criteria == trial.criteria
        read = {text.id for text in found.trial.texts}
        assert found.trial.notes == tuple(note for note in trial.notes if note.span.text_id in read)

    def test_own_text(self, annotator: Annotator) -> None:
        """Windows line ends and sub-lists included."""
        assert back(annotator.folder).trial.criteria == critparse.parse(TEXT).criteria

    @pytest.mark.parametrize(
        "text",
        [
            "Inclusion:\n- ANC ≥ 1,500/µL &gt; and platelets \\> 100\n- Willing to use contraception",
            "Inclusion:\n- Patients with NSCLC (non-small cell lung cancer) and EGFR mutation\n- ECOG 0-1",
            "",
        ],
    )
    def test_other_texts(self, text: str, tmp_path: Path) -> None:
        """Escapes, abbreviations, nothing at all."""
        trial = critparse.parse({"id": "X", "eligibility": text})
        assert back(written(trial, tmp_path)).trial.criteria == trial.criteria

    def test_with_its_record(self, run: Run, tmp_path: Path) -> None:
        """With the record, all comes back: registry fields, findings, and escapes read as in its format."""
        written(critparse.parse(FIRST_TRIAL), tmp_path, "any")
        for path in (tmp_path / "any.ann", tmp_path):
            code, out, err = run("import", "brat", str(path), "--records", str(FIRST_TRIAL), "-f", "jsonl")
            assert (code, err) == (0, "")
            assert ParsedTrial.model_validate_json(out) == critparse.parse(FIRST_TRIAL)


class TestCorrections:
    def test_label_changed(self, annotator: Annotator) -> None:
        """A condition that annotators call a procedure is one in the rule, for certain."""
        id_ = annotator.id_of("hypertension")
        lines = [line.replace("Condition", "Procedure") if line.startswith(f"{id_}\t") else line
                 for line in annotator.without(about=id_, kinds="N")]  # fmt: skip
        found = annotator.keep(lines).trial
        assert leaf(found, "hypertension").kind == "procedure"
        entity = next(e for c in found.walk() for e in c.entities if e.text == "hypertension")
        assert (entity.label, entity.confidence) == ("Procedure", 1.0)

    def test_removed(self, annotator: Annotator) -> None:
        """Without the mention, nothing in the rule is about it; other criteria stay as they were."""
        id_ = annotator.id_of("hypertension")
        before = critparse.parse(TEXT)
        assert leaf(before, "hypertension").kind == "condition"
        found = annotator.keep(annotator.without(about=id_, kinds="TNAR#"))
        assert not any(e.text == "hypertension" for c in found.trial.walk() for e in c.entities)
        leaves = [r for r in rules_in(found.trial.criteria[3].rule) if isinstance(r, Leaf) and r.kind == "condition"]
        assert [one.subject.text for one in leaves] == ["stroke"]
        assert found.trial.criteria[:3] == before.criteria[:3]
        assert [c.rule for c in found.trial.criteria[4:]] == [c.rule for c in before.criteria[4:]]

    def test_added(self, annotator: Annotator) -> None:
        """What critparse did not know is a statement once people mark it."""
        before = annotator.keep(annotator.without(about=annotator.id_of("wobbly fooitis"), kinds="TNAR#")).trial
        with pytest.raises(StopIteration):
            leaf(before, "wobbly fooitis")
        found = annotator.keep([*annotator.lines, annotator.mention("fooitis", "Condition")]).trial
        assert leaf(found, "wobbly fooitis").kind == "condition"
        entity = next(e for c in found.walk() for e in c.entities if e.text == "fooitis")
        assert entity.confidence == 1.0 and found.text_of(entity.spans[0]) == "fooitis"

    def test_code_changed(self, annotator: Annotator) -> None:
        """The annotators' code goes before the linker's, in the entity and in the rule, with those of its meaning."""
        id_ = annotator.id_of("hypertension")
        lines = annotator.without(about=id_, kinds="N")
        found = annotator.keep([*lines, f"N90\tReference {id_} MESH:D006976\tpulmonary hypertension"]).trial
        concepts = leaf(found, "hypertension").subject.concepts
        assert (concepts[0].code, concepts[0].method, concepts[0].score) == ("D006976", "annotator", 1.0)
        assert {concept.system for concept in concepts} > {"MESH"}
        entity = next(e for c in found.walk() for e in c.entities if e.text == "hypertension")
        assert entity.concepts == concepts

    def test_codes_taken_away(self, annotator: Annotator) -> None:
        """No code is what annotators say, and what stands."""
        found = annotator.keep(annotator.without(about=annotator.id_of("hypertension"), kinds="N")).trial
        assert leaf(found, "hypertension").subject.concepts == ()

    def test_code_of_an_own_system(self, annotator: Annotator) -> None:
        """A code that critparse does not know is kept as given."""
        id_ = annotator.id_of("hypertension")
        lines = annotator.without(about=id_, kinds="N")
        found = annotator.keep([*lines, f"N90\tReference {id_} LOCAL:17\thigh pressure"]).trial
        (concept,) = leaf(found, "hypertension").subject.concepts
        assert (concept.system, concept.code, concept.display) == ("LOCAL", "17", "high pressure")

    def test_negation_changed(self, annotator: Annotator) -> None:
        """Negated, or not so any more: the statement says so, in the criterion and in the parent's rule."""
        pressure, stroke = annotator.id_of("hypertension"), annotator.id_of("stroke")
        assert not leaf(critparse.parse(TEXT), "stroke").present
        lines = [*annotator.without(about=stroke, kinds="A"), f"A90\tNegated {pressure}"]
        found = annotator.keep(lines).trial
        assert leaf(found, "stroke").present and not leaf(found, "hypertension").present
        child = found.criteria[3].children[0].rule
        assert isinstance(child, Leaf) and not child.present

    def test_relation_changed(self, annotator: Annotator) -> None:
        """A relation that is taken away is gone; one that is added is certain."""
        lines = [line for line in annotator.lines if not line.startswith("R")]
        one, other = annotator.id_of("Severe"), annotator.id_of("asthma")
        found = annotator.keep([*lines, f"R1\tHas_mood Arg1:{other} Arg2:{one}"]).trial
        (relation,) = [relation for criterion in found.walk() for relation in criterion.relations]
        assert (relation.type, relation.confidence) == ("Has_mood", 1.0)

    def test_parts(self, annotator: Annotator) -> None:
        """A mention with a gap keeps its parts."""
        start = TEXT.index("Severe asthma or wobbly fooitis")
        spans = f"{start} {start + 6};{start + 17} {start + 31}"
        keep = annotator.without(about=annotator.id_of("wobbly fooitis"), kinds="TNAR#")
        found = annotator.keep([*keep, f"T90\tCondition {spans}\tSevere wobbly fooitis"])
        entity = next(e for c in found.trial.walk() for e in c.entities if len(e.spans) == 2)
        assert entity.text == "Severe wobbly fooitis" and found.left_out == ()

    def test_outside_of_criteria(self, annotator: Annotator) -> None:
        """A mention in a heading is said, not swallowed."""
        found = annotator.keep([*annotator.lines, annotator.mention("Exclusion", "Observation")])
        (line,) = found.left_out
        assert line.endswith("T90 lies in no criterion") and f"line {len(annotator.lines)}:" in line

    def test_spans_stay_true(self, annotator: Annotator) -> None:
        """After corrections, every entity's words stand at its place."""
        keep = annotator.without(about=annotator.id_of("asthma"), kinds="TNAR#")
        found = annotator.keep([*keep, annotator.mention("Severe asthma", "Condition")]).trial
        for criterion in found.walk():
            for entity in criterion.entities:
                assert " ".join(found.text_of(span) for span in entity.spans) == entity.text
        length = len(found.texts[0].text)
        assert all(span.end <= length for span in spans_in(found.criteria))


class TestDamage:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("T90\tCondition 0 99999\tx", "outside the text"),
            ("T90\tCondition 5 5\t", "no place"),
            ("T90\tCondition 9 5\tx", "no place"),
            ("T90\tCondition 0 5\twords", "stands 'Inclu', not 'words'"),
            ("T90\tCondition 0 x\tInclu", "no label with offsets"),
            ("T90\tCondition 0 5", "too few columns"),
            ("T90\tKondition 0 5\tInclu", "'Kondition' is no label"),
            ("T1\tCondition 0 5\tInclu", "T1 stands twice"),
            ("A90\tNegated T99", "'T99' is no mention"),
            ("A90\tUncertain T1", "'Uncertain' is no attribute"),
            ("R90\tHas_value Arg1:T1", "no relation"),
            ("R90\tHas_value Arg1:T1 Arg2:T99", "'T99' is no mention"),
            ("N90\tReference T1 D003924\tx", "no reference"),
            ("E1\tCondition:T1", "begins no line that is read"),
            ("junk", "begins no line that is read"),
        ],
    )
    def test_each_line_is_refused_by_number(self, annotator: Annotator, line: str, reason: str) -> None:
        """The error says which line, and what is wrong with it."""
        number = len(annotator.lines) + 1
        with pytest.raises(MalformedInput) as error:
            annotator.keep([*annotator.lines, line])
        assert f"line {number}: " in str(error.value) and reason in str(error.value)
        assert "\n" not in str(error.value)

    def test_files(self, annotator: Annotator, tmp_path: Path) -> None:
        """A text that is missing or none, a folder without annotations."""
        (annotator.folder / "trial.txt").write_bytes(b"\xff\xfe\xfa")
        with pytest.raises(MalformedInput, match="not UTF-8"):
            back(annotator.folder)
        (annotator.folder / "trial.txt").unlink()
        with pytest.raises(InputNotFound):
            back(annotator.folder)
        (tmp_path / "empty").mkdir()
        for wrong in (tmp_path / "empty", tmp_path / "none"):
            with pytest.raises(InputError):
                documents(wrong)


class TestCommand:
    def test_folder_of_records(self, run: Run, annotator: Annotator, tmp_path: Path) -> None:
        """One document a record; a damaged one is said and costs no other."""
        written(critparse.parse(FIRST_TRIAL), annotator.folder, "NCT01741857")
        (annotator.folder / "bad.ann").write_text("junk\n")
        (annotator.folder / "bad.txt").write_text("Inclusion:\n- Age > 18\n")
        code, out, err = run("import", "brat", str(annotator.folder), "--format", "json", "-o", "out/")
        assert (code, out) == (2, "") and err.count("\n") == 1 and "line 1: " in err
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["NCT01741857.json", "trial.json"]
        document = json.loads((tmp_path / "out" / "NCT01741857.json").read_text())
        assert document["source_format"] == "brat" and document["findings"]

    def test_one_file(self, run: Run, annotator: Annotator) -> None:
        """Shown as a table."""
        code, out, err = run("import", "brat", str(annotator.path))
        assert (code, err) == (0, "") and "HbA1c ≥ 7% within 3 months" in out
