"""Texts that a source has damaged: wrong encodings are undone, lost signs are not misread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import cpu_seconds, rules_in

import critparse
from critparse.schema import Leaf, Unstructured
from critparse.sources import read
from critparse.sources.clean import guessed, web
from critparse.sources.signs import LOST, lost_signs, restored

SIGNS = ["≥", "≤", "µ", "°", "±", "×", "²", "³", "é", "ü", "ñ", "α", "β", "µ", "•", "–", "’", "“", "™", "…", "\u00a0"]


def squeezed(*lines: str, trial_id: str = "ChiCTR0000000001") -> dict[str, str]:
    """A record of an export that has lost signs."""
    return {"TrialID": trial_id, "Inclusion_Criteria": "<br>".join(lines), "Exclusion_Criteria": ""}


def rules(record: dict[str, str]) -> list[Leaf | Unstructured]:
    """All statements critparse reads in a record."""
    trial = critparse.parse(record, model=False)
    return [r for c in trial.walk() for r in rules_in(c.rule) if isinstance(r, Leaf | Unstructured)]


def as_read(*lines: str) -> str:
    """A text that has lost signs, as the readers get it."""
    return restored(web("eligibility", "Eligibility criteria", "\n".join(lines))).text


class TestWrongEncoding:
    @pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
    @pytest.mark.parametrize("sign", SIGNS)
    def test_utf8_read_as_another_encoding_is_undone(self, sign: str, encoding: str) -> None:
        """Every sign comes back from either encoding, and its span is the whole damaged sequence."""
        damaged = sign.encode().decode(encoding, errors="replace")
        if "\ufffd" in damaged:
            pytest.skip("the encoding has no character for one of the bytes")
        clean = guessed("t", "T", f"AST {damaged} 3")
        assert clean.text == f"AST {sign} 3"
        assert clean.raw == f"AST {damaged} 3"
        assert clean.source().slice(clean.span(4, 5)) == damaged
        assert clean.source().slice(clean.span(6, 7)) == "3"

    @pytest.mark.parametrize(
        "text",
        [
            "naïve élève, “déjà” – l’été",
            "Âge ≥ 18 ans, TÂCHE",
            "Größe ≥ 1 m",
            "São João, NÃO",
            "50 °C ± 2 µg/L",
            "fœtus √2 ¬ p",
        ],
    )
    def test_whole_text_stays(self, text: str) -> None:
        """Letters and signs of other languages are not taken for damage."""
        assert guessed("t", "T", text).text == text

    def test_what_is_lost_altogether_stays(self) -> None:
        """Question marks and U+FFFD for what no one knows are left as they are."""
        text = "? Age over 18\n\ufffd SpO2 ? 93 %"
        assert guessed("t", "T", text).text == text

    def test_a_damaged_limit_is_read(self) -> None:
        """The rule has the limit, its evidence is the text as given."""
        trial = critparse.parse({"eligibility": "Inclusion criteria:\n- Platelets â‰¥ 100 x 10^9/L"}, model=False)
        (leaf,) = (r for c in trial.criteria for r in rules_in(c.rule) if isinstance(r, Leaf))
        assert leaf.range is not None and leaf.range.lower is not None
        assert (leaf.range.lower.value, leaf.range.lower.inclusive) == (100, True)
        assert any("â‰¥" in trial.text_of(span) for span in leaf.evidence)

    @given(st.text(alphabet="âÂÃ‚¬√\u0080\u0099€™Äé\n<br>&;a", max_size=60), st.data())
    def test_spans_of_any_damage_lie_in_the_raw_text(self, raw: str, data: st.DataObject) -> None:
        """Whatever is undone, spans stay in order and together cover the raw text."""
        clean = web("t", "T", raw)
        cut = data.draw(st.integers(0, len(clean.text)))
        before, after = clean.span(0, cut), clean.span(cut, len(clean.text))
        assert 0 <= before.start <= before.end <= after.start or cut in {0, len(clean.text)}
        whole = clean.span(0, len(clean.text))
        assert not clean.text or (whole.start, whole.end) == (0, len(clean.raw))


class TestLineTags:
    def test_tags_end_lines(self) -> None:
        """<br> and its kin are one line end each, with the one before it; spans have the tag."""
        clean = web("t", "T", "a;\r<br>b<BR/><br />c &lt;br&gt; d<sup>2</sup> x < 5")
        assert clean.text == "a;\nb\n\nc\n d<sup>2</sup> x < 5"
        assert clean.source().slice(clean.span(2, 3)) == "\r<br>"


class TestLostSigns:
    @pytest.mark.parametrize(
        ("line", "read_as"),
        [
            ("Age =18 years and =75 years", "Age ≥18 years and ≤75 years"),
            ("Age = 18 and < 90 years", "Age ≥ 18 and < 90 years"),
            ("aged 18 to = 75 years", "aged 18 to ≤ 75 years"),
            ("80 years = age = 14 years", "80 years ≥ age ≥ 14 years"),
            ("18 = age = 65", "18 ≤ age ≤ 65"),
            ("=18 years or older", "≥18 years or older"),
            ("BMI = 35 or less", "BMI ≤ 35 or less"),
            ("Adults (age =18 years)", "Adults (age ≥18 years)"),
            ("Age =18 years", "Age ≟18 years"),
            ("young adults =21 years", "young adults ≟21 years"),
            ("SpO2 = 93 % and = 300 mmHg", "SpO2 ≟ 93 % and ≟ 300 mmHg"),
            ("temperature =36 °C or =38 °C", "temperature ≟36 °C or ≟38 °C"),
            ("creatinine clearance =\n    30 mL/min", "creatinine clearance ≟\n    30 mL/min"),
            ("toxicity = grade 3, NYHA = III", "toxicity ≟ grade 3, NYHA ≟ III"),
        ],
    )
    def test_the_sign_is_put_back_where_it_is_certain(self, line: str, read_as: str) -> None:
        """Two bounds and words tell the sign; elsewhere it is known to be lost."""
        assert as_read("Inclusion criteria:", line) == f"Inclusion criteria:\n{read_as}"

    @pytest.mark.parametrize(
        "line",
        [
            "FiO2 (1 mmHg = 0.133 kPa), 1mmHg=0.133kPa",
            "Group A (n = 20), p = 0.05",
            "> or = 3, </=5, >= 2, => 1",
            "see https://registry.example/show?proj=4",
            "mRS = 0",
            "Child-Pugh = C",
        ],
    )
    def test_what_is_no_limit_stays(self, line: str) -> None:
        """Conversions, numbers of subjects, two-character signs, addresses and zero are as they were."""
        assert as_read(line) == line
        assert not lost_signs(line, "ictrp")

    def test_what_excludes_is_no_range(self) -> None:
        """Both ends of an exclusion may be meant the other way round."""
        assert as_read("Exclusion criteria:", "Age =18 and =75").endswith(f"Age {LOST}18 and {LOST}75")

    def test_a_text_with_other_signs_has_lost_none(self) -> None:
        """What Windows-1252 cannot write would have gone with ≥ and ≤; damage by a wrong encoding came later."""
        assert not lost_signs("Age = 18, β-blockers", "ictrp")
        assert lost_signs("Age = 18, 37 ¬∞C", "ictrp")
        assert lost_signs("Age = 18", "ictrp")
        assert not lost_signs("Age = 18", "ctgov-v2")

    @pytest.mark.parametrize(
        "line", ["Age =18 years", "ALT and AST =3 x ULN", "SpO2 = 93%", "symptoms =10 days", "ECOG =2"]
    )
    def test_a_limit_without_sign_is_no_equality(self, line: str) -> None:
        """It is kept as unread words that quote the text as given and say why; nothing has an equality range."""
        found = rules(squeezed("Inclusion criteria: ", f"1. {line}"))
        lost = [rule for rule in found if isinstance(rule, Unstructured) and rule.reason.startswith("sign lost")]
        assert len(lost) == 1
        assert "=" in lost[0].subject.text and LOST not in lost[0].subject.text
        assert not any(rule.range and rule.range.lower == rule.range.upper for rule in found)

    def test_a_certain_range_is_read(self) -> None:
        """ "=18 and =75 years" is the range 18 to 75, its evidence the text as given."""
        record = squeezed("Inclusion criteria: ", "1. Age =18 and =75 years")
        (leaf,) = (rule for rule in rules(record) if isinstance(rule, Leaf))
        assert leaf.kind == "age" and leaf.range is not None
        assert (leaf.range.lower, leaf.range.upper) != (None, None)
        assert leaf.range.lower is not None and leaf.range.lower.value == 18
        assert leaf.range.upper is not None and leaf.range.upper.value == 75
        text = read(record).texts[0]
        assert text.raw[leaf.evidence[-1].start : leaf.evidence[-1].end] == "=18 and =75 years"

    def test_the_document_has_the_text_as_given(self) -> None:
        """No sign of ours enters the document."""
        trial = critparse.parse(squeezed("Inclusion criteria: ", "1. Age =18 years"), model=False)
        assert LOST not in trial.model_dump_json()
        assert trial.criteria[0].text == "1. Age =18 years"

    def test_other_sources_keep_equality(self) -> None:
        """A single "=" elsewhere is what it says."""
        criterion = critparse.parse_criterion("ECOG = 2", kind="inclusion", model=False)
        assert isinstance(criterion.rule, Leaf) and criterion.rule.range is not None
        assert criterion.rule.range.lower == criterion.rule.range.upper is not None

    @pytest.mark.parametrize(
        "piece", ["= 1", "=", "adult ", "18 = a ", "=18 and ", "https://x", "1 mmHg = 0.1 ", "â‰", "<br> "]
    )
    def test_hostile_text_is_read_in_linear_time(self, piece: str) -> None:
        """A long text of one piece takes no time to speak of."""
        assert cpu_seconds(lambda: restored(web("t", "T", piece * 40_000))) < 5


class TestVersions:
    def test_superseded_criteria_are_notes(self) -> None:
        """What ISRCTN keeps of earlier versions is no criterion, on lines of its own or in running text."""
        trial = critparse.parse(
            {
                "TrialID": "ISRCTN00000001",
                "Inclusion_Criteria": "Inclusion criteria: Current inclusion criteria as of 02/03/2021:<br>1. Aged 40 "
                "years or over<br>2. Chronic cough _____ Previous inclusion criteria from 01/02/2020 to 02/03/2021: 1. "
                "Aged 18 years or over",
                "Exclusion_Criteria": "Exclusion criteria: Added 02/03/2021:<br>1. Dialysis<br><br>Previous exclusion "
                "criteria:<br>1. Pregnancy",
            },
            model=False,
        )
        assert [(c.kind, c.text.rstrip("_ "), c.section) for c in trial.criteria] == [
            ("inclusion", "1. Aged 40 years or over", None),
            ("inclusion", "2. Chronic cough", None),
            ("exclusion", "1. Dialysis", None),
        ]
        revised = [trial.text_of(note.span) for note in trial.notes if note.reason == "revision"]
        assert revised == ["1. Aged 18 years or over", "1. Pregnancy"]
        headings = [trial.text_of(note.span) for note in trial.notes if note.reason == "heading"]
        assert "Previous inclusion criteria from 01/02/2020 to 02/03/2021:" in headings
        assert "Added 02/03/2021:" in headings
