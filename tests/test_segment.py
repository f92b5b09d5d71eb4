from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import FIRST_TRIAL, SHARED, cpu_seconds

from critparse.segment import Item, Segmentation, segment
from critparse.segment.model import MAX_DEPTH

RECORDS = SHARED / "registry" / "records.jsonl.gz"
TRIAL = FIRST_TRIAL
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>~|&])")


def walk(items: Iterable[Item], depth: int = 1) -> Iterator[tuple[int, Item]]:
    """Every item with its depth, parents first."""
    for item in items:
        yield depth, item
        yield from walk(item.children, depth + 1)


def words(text: str, item: Item) -> str:
    """The item's own words behind its marker, one blank apart."""
    return " ".join(text[item.content : item.end].split())


def tree(text: str, items: Iterable[Item] | None = None) -> list[object]:
    """The words of each item; an item with children is a pair (words, children)."""
    items = segment(text).items if items is None else items
    return [(words(text, item), tree(text, item.children)) if item.children else words(text, item) for item in items]


def by_kind(text: str) -> dict[str, list[str]]:
    """The words of all items by kind."""
    found: dict[str, list[str]] = {}
    for _, item in walk(segment(text).items):
        found.setdefault(item.kind, []).append(words(text, item))
    return found


def notes(text: str, reason: str, *, narrative: bool = False) -> list[str]:
    """The text of the notes with that reason."""
    found = segment(text, narrative=narrative).notes
    return [" ".join(text[start:end].split()) for start, end, why in found if why == reason]


def assert_invariants(text: str, found: Segmentation) -> None:
    """Every non-blank character in exactly one range, in order, bounded depth, no words in separators."""
    own = [(item.start, item.end) for _, item in walk(found.items)]
    assert own == sorted(own), "items out of order"
    position = 0
    for start, end in sorted(own + [(start, end) for start, end, _ in found.notes]):
        assert position <= start < end <= len(text), "ranges overlap or are empty"
        assert not text[position:start].strip(), f"lost: {text[position:start]!r}"
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        position = end
    assert not text[position:].strip(), "the end is lost"
    for depth, item in walk(found.items):
        assert depth <= MAX_DEPTH
        assert item.start <= item.content <= item.end
    for start, end, reason in found.notes:
        if reason == "separator":
            assert not re.search(r"\w", re.sub(r"</?\w+\s?/?>", "", text[start:end]).replace("_", "")), "words lost"


class TestHeadings:
    @pytest.mark.parametrize(
        ("heading", "kind"),
        [
            ("Inclusion Criteria:", "inclusion"),
            ("INCLUSION CRITERIA", "inclusion"),
            ("Inclusion:", "inclusion"),
            ("==INCLUSION CRITERIA ====", "inclusion"),
            ("[Inclusion Criteria]", "inclusion"),
            ("- INCLUSION CRITERIA:", "inclusion"),
            ("Major inclusion criteria :", "inclusion"),
            ("Inclusion criera :", "inclusion"),
            ("Inlcusion Criteria:", "inclusion"),
            ("A. Criteria for inclusion:", "inclusion"),
            ("Eligibility Criteria:", "inclusion"),
            ("To be eligible for this study, prospective participants must:", "inclusion"),
            ("Key Exclusion Criteria:", "exclusion"),
            ("Criteria Exclusion:", "exclusion"),
            ("Exclusions:", "exclusion"),
            ("Non-inclusion criteria:", "exclusion"),
            ("IV.1 EXCLUSION CRITERIA", "exclusion"),
            ("Elimination criteria:", "exclusion"),
            ("Withdrawal criteria:", "exclusion"),
            ("Subjects will not be eligible if any of the following apply:", "exclusion"),
        ],
    )
    def test_heading_gives_its_items_their_kind(self, heading: str, kind: str) -> None:
        """A line that names the kind is a heading in each of its usual forms."""
        text = f"{heading}\n\n* Asthma for a year\n* Able to walk\n"
        assert by_kind(text) == {kind: ["Asthma for a year", "Able to walk"]}
        assert notes(text, "heading") == [heading]

    @pytest.mark.parametrize(
        "line",
        [
            "Treatment other than stated in the inclusion criteria",
            "Does not meet inclusion criteria",
            "Exclusion criteria not met",
            "Meets all exclusion criteria of the parent study",
            "Contraindication listed among the exclusion criteria below.",
        ],
    )
    def test_item_that_mentions_criteria_is_no_heading(self, line: str) -> None:
        """A criterion about criteria stays a criterion."""
        text = f"Exclusion Criteria:\n\n* {line}\n* Pregnancy\n"
        assert by_kind(text) == {"exclusion": [line, "Pregnancy"]}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Inclusion criteria. Age >=22. Speaks English.", {"inclusion": ["Age >=22.", "Speaks English."]}),
            ("Exclusion Criteria:Patients may not smoke", {"exclusion": ["Patients may not smoke"]}),
            (
                "Admitted in the last year Exclusion Criteria: - Pregnancy - Allergy to eggs - Dialysis",
                {"unknown": ["Admitted in the last year"], "exclusion": ["Pregnancy", "Allergy to eggs", "Dialysis"]},
            ),
            (
                "Adults. Exclusion criteria were severe asthma.",
                {"unknown": ["Adults."], "exclusion": ["severe asthma."]},
            ),
        ],
    )
    def test_first_criterion_on_the_line_of_the_heading(self, text: str, expected: dict[str, list[str]]) -> None:
        """A heading may stand in front of its first criterion or in the middle of a line."""
        assert by_kind(text) == expected

    def test_exclusion_may_come_first_and_pairs_may_repeat(self) -> None:
        """Each heading rules until the next one."""
        text = "Exclusion:\n- a cold\nInclusion:\n- a cough\nExclusion:\n- a fever"
        assert [item.kind for item in segment(text).items] == ["exclusion", "inclusion", "exclusion"]

    def test_no_heading_leaves_the_kind_unknown(self) -> None:
        """Without any heading the kind is not guessed."""
        assert by_kind("SI01: Living at home\nSI02: Able to walk") == {"unknown": ["Living at home", "Able to walk"]}

    @pytest.mark.parametrize(
        ("heading", "section"),
        [
            ("Donor inclusion criteria", "Donor"),
            ("Inclusion criteria for Part B:", "Part B"),
            ("Pre-Operative Inclusion Criteria:", "Pre-Operative"),
            ("Inclusion Criteria (COPD Cohort)", "COPD Cohort"),
            ("Study Inclusion Criteria:", None),
        ],
    )
    def test_subgroup_in_a_heading_becomes_the_section(self, heading: str, section: str | None) -> None:
        """What a heading says beside the kind names the section."""
        items = segment(f"{heading}\n\n- Able to walk\n- Able to read").items
        assert [item.section for item in items] == [section, section]

    def test_subgroup_headings_set_the_section(self) -> None:
        """A sub-heading without a kind keeps the kind and names the section, until the next heading of a kind."""
        text = "Inclusion Criteria:\nGroup A:\n- asthma\nGroup B1:\n- no asthma\nHealthy controls:\n- no cough\n"
        found = [(item.kind, item.section) for item in segment(text + "Exclusion Criteria:\n- smoker").items]
        assert found == [
            ("inclusion", "Group A"),
            ("inclusion", "Group B1"),
            ("inclusion", "Healthy controls"),
            ("exclusion", None),
        ]

    def test_subgroup_above_a_pair_of_headings_rules_over_both(self) -> None:
        """A sub-heading directly above a heading of a kind keeps its section for the next kind, too."""
        text = "Cohort A:\n\nInclusion Criteria:\n\n* x-ray\n\nExclusion Criteria:\n\n* fever"
        assert [(item.kind, item.section) for item in segment(text).items] == [
            ("inclusion", "Cohort A"),
            ("exclusion", "Cohort A"),
        ]

    def test_pdq_topics_are_headings(self) -> None:
        """The topics of PDQ blocks are sub-headings; "Not specified" below one is empty."""
        text = (
            "DISEASE CHARACTERISTICS:\n\n  -  Lymphoma\n\nPATIENT CHARACTERISTICS:\n\n"
            "Age:\n\n  -  Not specified\n\nRenal:\n\n  -  No dialysis"
        )
        assert [(words(text, item), item.section) for item in segment(text).items] == [
            ("Lymphoma", "DISEASE CHARACTERISTICS"),
            ("No dialysis", "Renal"),
        ]
        assert notes(text, "empty") == ["- Not specified"]


class TestNotes:
    @pytest.mark.parametrize("answer", ["None", "N/A", "Nil", "* Not applicable", "- There are no exclusion criteria."])
    def test_answer_that_there_is_nothing(self, answer: str) -> None:
        """An answer that there is nothing is a note, not a criterion."""
        text = f"Exclusion Criteria:\n\n{answer}\n"
        assert segment(text).items == ()
        assert notes(text, "empty") == [answer]

    def test_introduction_above_the_list_is_no_criterion(self) -> None:
        """A sentence that only announces the list is an introduction."""
        text = "Inclusion Criteria:\n\nPatients must meet all of the following criteria:\n\n* Asthma\n* Able to walk"
        assert notes(text, "introduction") == ["Patients must meet all of the following criteria:"]
        assert tree(text) == ["Asthma", "Able to walk"]

    def test_choice_is_a_criterion_with_children(self) -> None:
        """ "At least one of the following" says more than that a list follows."""
        text = "Inclusion Criteria:\n\nHave at least one of the following:\n\n* Asthma\n* Eczema"
        assert tree(text) == [("Have at least one of the following:", ["Asthma", "Eczema"])]

    def test_promise_of_further_criteria_is_narrative(self) -> None:
        """A sentence that points to the protocol for more criteria is none."""
        text = "Exclusion Criteria:\n\n* Stroke\n\nOther protocol-defined inclusion/exclusion criteria may apply."
        assert tree(text) == ["Stroke"]
        assert len(notes(text, "narrative")) == 1

    def test_rulers_and_lone_bullets_are_separators(self) -> None:
        """Lines of signs alone separate."""
        text = "- Asthma\n----------\n- Eczema\n-\n"
        assert tree(text) == ["Asthma", "Eczema"]
        assert notes(text, "separator") == ["----------", "-"]

    def test_superseded_wording_is_revision(self) -> None:
        """Wording that the registry keeps from an earlier version is no criterion of this one."""
        old = "Previous inclusion criteria from 01/02/2019 to 03/04/2020:\n1. Adults\n2. Eczema\n"
        text = f"1. Adults\n2. Asthma\n\n_____\n\n{old}"
        assert tree(text) == ["Adults", "Asthma"]
        assert notes(text, "revision") == ["1. Adults", "2. Eczema"]

    def test_age_table_is_narrative(self) -> None:
        """The age table behind the criteria is not read as criteria."""
        text = "1. Adults<br>Are the trial subjects under 18? no<br>F.1.2 Adults (18-64 years) yes<br>F.1.3 Elderly no"
        assert tree(text) == ["Adults"]
        assert len(notes(text, "narrative")) == 3


class TestMarkers:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("*", "*"), ("-", "-"), ("•", "•"), ("·", "·"), ("–", "–"), ("o", "o"), ("?", "?"),
            ("1.", "2."), ("1)", "2)"), ("(1)", "(2)"), ("1.1.", "1.2."), ("2.1", "2.2"), ("a.", "b."), ("a)", "b)"),
            ("i.", "ii."), ("(i)", "(ii)"), ("I-1", "I-2"), ("SI01:", "SI02:"), ("A.", "B."),
            ("①", "②"), ("- 1.", "- 2."),
        ],
    )  # fmt: skip
    def test_marker_is_not_part_of_the_words(self, first: str, second: str) -> None:
        """Bullets, numbers, letters, numerals and codes are told from the words behind them."""
        text = f"{first} Able to walk\n{second} Able to read"
        items = segment(text).items
        assert [text[item.start : item.content].strip() for item in items] == [first, second]
        assert tree(text) == ["Able to walk", "Able to read"]

    @pytest.mark.parametrize(
        "line", ["18 - 65 years old", "5.5 mmol/L or more", "E. coli infection", "> 18 years", "1:1 match"]
    )
    def test_words_that_look_like_a_marker(self, line: str) -> None:
        """Numbers, ranges, species and comparisons at the start of a line are words."""
        (item,) = segment(f"Inclusion Criteria:\n\n{line}").items
        assert item.start == item.content

    def test_tildes_are_line_breaks_where_bullets_follow_and_ranges_elsewhere(self) -> None:
        """The tildes of AACT rows break lines; those of a range do not."""
        text = "Inclusion Criteria:~1. Aged 18 ~ 80 years~2. One of the following:~ * asthma~ * eczema"
        text += "~Exclusion Criteria:~* None"
        assert tree(text) == ["Aged 18 ~ 80 years", ("One of the following:", ["asthma", "eczema"])]
        assert notes(text, "empty") == ["* None"]


class TestLines:
    def test_hard_wrapped_lines_are_joined(self) -> None:
        """Lines wrapped at a column go on, even where the wrap leaves a dash in front."""
        text = (
            "        Inclusion Criteria:\n\n"
            "          -  Children whose weight has been recorded at every visit between the age of six\n"
            "             months and the visit at which the study begins, including those of age 6 months\n"
            "             - 4 years old at enrolment\n\n"
            "          -  Able to swallow tablets\n"
        )
        assert [words(text, item)[-22:] for item in segment(text).items] == [
            "years old at enrolment",
            "ble to swallow tablets",
        ]

    def test_range_broken_over_two_lines_stays_one_item(self) -> None:
        """The second half of a range is no bullet."""
        assert tree("* Aged 6 months\n - 4 years at entry\n* Able to walk") == [
            "Aged 6 months - 4 years at entry",
            "Able to walk",
        ]

    def test_plain_lines_are_one_criterion_each(self) -> None:
        """Without bullets a line is a criterion, however many sentences it has."""
        text = "Inclusion Criteria:\n\nAdults\nAsthma. Mild asthma counts.\nAble to walk\nSpeaks English\n"
        assert tree(text) == ["Adults", "Asthma. Mild asthma counts.", "Able to walk", "Speaks English"]

    def test_prose_is_cut_into_sentences(self) -> None:
        """A paragraph of prose gives a criterion a sentence; abbreviations and decimals do not end one."""
        text = "Inclusion Criteria:\n\nAdults seen by Dr. Low with HbA1c above 7.5 percent. "
        text += "Insulin, e.g. Glargine, is used. No dialysis."
        assert tree(text) == [
            "Adults seen by Dr. Low with HbA1c above 7.5 percent.",
            "Insulin, e.g. Glargine, is used.",
            "No dialysis.",
        ]

    def test_sentences_of_a_bullet_stay_together(self) -> None:
        """Sentences inside one bullet are one item."""
        text = "* Asthma. Mild asthma counts.\n* Able to walk"
        assert tree(text) == ["Asthma. Mild asthma counts.", "Able to walk"]

    def test_remark_belongs_to_the_item_above(self) -> None:
        """A note directly below an item is part of it; a footnote of its own paragraph is an item."""
        text = "* Uses contraception\nNote: the pill counts.\n* Able to walk\n\n*methods are listed in the appendix"
        assert tree(text) == [
            "Uses contraception Note: the pill counts.",
            "Able to walk",
            "methods are listed in the appendix",
        ]


class TestNesting:
    def test_indent_nests(self) -> None:
        """Deeper bullets are children of the item above."""
        text = "1. Any illness such as:\n   * Diabetes\n     * type 1\n   * Asthma\n2. Stroke"
        assert tree(text) == [("Any illness such as:", [("Diabetes", ["type 1"]), "Asthma"]), "Stroke"]

    def test_numbering_nests_without_indent(self) -> None:
        """An inner numbering below a colon nests, and the outer one resumes."""
        text = "1. Adults\n2. One of the following:\na) asthma\nb) eczema\n3. Able to walk"
        assert tree(text) == ["Adults", ("One of the following:", ["asthma", "eczema"]), "Able to walk"]

    def test_decimal_numbering_nests(self) -> None:
        """2.1 stands below 2."""
        assert tree("1. Adults\n2. Lungs\n2.1. Asthma\n2.2. Cough\n3. Eyes") == [
            "Adults",
            ("Lungs", ["Asthma", "Cough"]),
            "Eyes",
        ]

    def test_second_of_two_bullets_counts(self) -> None:
        """A bullet that a registry put in front of another one does not nest the next items."""
        assert tree("* • Adults\n\n  * Asthma\n  * Able to walk") == ["Adults", "Asthma", "Able to walk"]

    def test_bulleted_lead_in_leaves_its_list_at_the_top(self) -> None:
        """A pure lead-in is an introduction even when it has a bullet and its list is nested below it."""
        lead = "* A participant is eligible if all of the following criteria are met:"
        text = f"Inclusion Criteria:\n\n{lead}\n\n  1. Adult\n  2. Asthma"
        assert tree(text) == ["Adult", "Asthma"]
        assert len(notes(text, "introduction")) == 1

    def test_stars_count_as_depth(self) -> None:
        """Two stars stand below one."""
        assert tree("* Tumour\n** solid\n** liquid\n* Adults") == [("Tumour", ["solid", "liquid"]), "Adults"]

    def test_paragraph_below_a_colon_is_the_sub_list(self) -> None:
        """An unmarked paragraph after a colon is cut at its semicolons, wherever it is indented."""
        for indent in ("", "    "):
            parts = f"{indent}Aspirin (at 1 g; or less); Steroids for a week, or similar drugs;"
            text = f"  • Failure of these drugs:\n\n{parts}\n\n  • Able to walk"
            assert tree(text) == [
                ("Failure of these drugs:", ["Aspirin (at 1 g; or less);", "Steroids for a week, or similar drugs;"]),
                "Able to walk",
            ]


class TestMergedLists:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1) Score of 24, 2) score of 30 or more, 3) adult", ["Score of 24,", "score of 30 or more,", "adult"]),
            ("1.1. Hepatitis; 2. Syphilis; 3. Malaria", ["Hepatitis;", "Syphilis;", "Malaria"]),
            ("- 1. Drug abuse 2. Serious illness 3. Stroke", ["Drug abuse", "Serious illness", "Stroke"]),
            ("- Adults - Able to walk - Asthma", ["Adults", "Able to walk", "Asthma"]),
            ("• adults • asthma", ["adults", "asthma"]),
            ("I1. Adults. I2. Asthma.\nI3. Able to walk.", ["Adults.", "Asthma.", "Able to walk."]),
        ],
    )  # fmt: skip
    def test_list_in_one_paragraph_is_split(self, text: str, expected: list[str]) -> None:
        """Items that were merged into a paragraph come apart where their markers ascend."""
        assert tree(text) == expected

    @pytest.mark.parametrize(
        "line",
        [
            "* Diabetes of type 2. Insulin is allowed",
            "1. 5 mg of the drug or type 2. Insulin is allowed\n2. Adults",
            "* Grade 1 (1) or grade 2 (2) by the scale of 2010",
            "- Aged 18 - 70 years",
            "- Blood pressure 120 - 160 and pulse 60 - 90",
        ],
    )
    def test_numbers_in_a_sentence_do_not_split(self, line: str) -> None:
        """Numbers that are no ascending markers split nothing."""
        assert len(segment(line).items) == len(line.splitlines())

    def test_list_behind_a_colon_becomes_children(self) -> None:
        """An enumeration behind a colon inside an item is its sub-list."""
        text = "* Any of: a) asthma, b) eczema; or c) hay fever\n* Adults"
        assert tree(text) == [("Any of:", ["asthma,", "eczema; or", "hay fever"]), "Adults"]


class TestNarrative:
    def test_description_without_heading_gives_nothing(self) -> None:
        """A description that only mentions criteria holds none."""
        text = "Patients who meet the inclusion criteria are treated.\n\n* Visit 1\n* Visit 2\n"
        found = segment(text, narrative=True)
        assert found.items == ()
        assert {reason for _, _, reason in found.notes} == {"narrative"}

    def test_description_is_read_below_an_eligibility_heading_only(self) -> None:
        """Criteria in a description start at the heading and end at the next unrelated one."""
        text = (
            "We study asthma.\n\nInclusion Criteria:\n\n1. Adults\n2. Asthma\n\nStatistical analysis:\n\n1. A t-test\n"
        )
        found = segment(text, narrative=True)
        assert tree(text, found.items) == ["Adults", "Asthma"]
        assert notes(text, "narrative", narrative=True) == ["We study asthma.", "Statistical analysis:", "1. A t-test"]

    def test_prose_behind_the_list_ends_it(self) -> None:
        """A paragraph of prose behind the list is narrative again."""
        text = "Exclusion Criteria:\n\n* Stroke\n* Dialysis\n\nParticipants are randomised into two arms.\n"
        assert tree(text, segment(text, narrative=True).items) == ["Stroke", "Dialysis"]


def test_both_copies_of_the_first_trial_have_the_same_shape() -> None:
    """The narrative and the list of NCT01741857 differ only in the age; both regimens are children."""
    page = TRIAL.read_text(encoding="utf-8")
    narrative = page[page.index("Full description") : page.index("Enrollment\n")]
    criteria = page[page.index("Inclusion criteria\n") : page.index("Trial design")]
    told, listed = segment(narrative, narrative=True), segment(criteria)
    inclusion = [item for item in listed.items if item.kind == "inclusion"]
    assert len(told.items) == len(inclusion) == 5
    assert len(listed.items) == 10
    assert tree(narrative, told.items)[1:] == tree(criteria, inclusion)[1:]
    regimens = [words(criteria, child) for child in inclusion[2].children]
    assert len(regimens) == 2
    assert regimens[0].startswith("Trial of corticosteroids")
    assert "or other immunosuppressive drugs, such as mycophenolate mofetil" in regimens[1]


FRAGMENTS = st.sampled_from(
    ["Inclusion Criteria:", "Exclusion Criteria", "* ", "1. ", "2) ", "(a) ", "i. ", "- ", "  ", "\n", "\n\n", "\t",
     "<br>", "~", ";", ":", ". ", "(", ")", "None", "Cohort A:", "any of the following:", "Note: x", "type 2. ",
     "18 - 65", "é≥", "\u2028", "\r\n", "----", "Previous inclusion criteria:", "1.1. ", "•", "Methods:", "asthma",
     "Are the trial subjects under 18? no", "Adults"]
)  # fmt: skip


class TestInvariants:
    @settings(max_examples=400, deadline=None)
    @given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=40).map("".join)), st.booleans())
    @example("• •0", False)
    @example("0 • •0", False)
    def test_every_character_is_in_exactly_one_range(self, text: str, narrative: bool) -> None:
        """Whatever the text, nothing is lost, nothing overlaps and nothing is raised."""
        found = segment(text, narrative=narrative)
        assert_invariants(text, found)
        assert found == segment(text, narrative=narrative)

    @pytest.mark.parametrize(
        "text",
        [
            "a b. Foo 1. " * 400_000,
            "- foo bar\n" * 100_000,
            "(" * 1_000_000,
            "\n".join(" " * i + "- a" for i in range(1500)),
            "Inclusion Criteria: " * 50_000,
        ],
        ids=["one line", "bullets", "brackets", "staircase", "headings"],
    )
    def test_hostile_texts_take_seconds(self, text: str) -> None:
        """Large and nested texts are read in linear time."""
        found: list[Segmentation] = []
        assert cpu_seconds(lambda: found.append(segment(text))) < 30
        assert all(depth <= MAX_DEPTH for depth, _ in walk(found[0].items))

    @pytest.mark.skipif(not RECORDS.exists(), reason="the shared registry records are not there")
    def test_real_records_keep_the_invariants(self) -> None:
        """Records of every format are covered character by character."""
        seen = 0
        with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        for record in records[::3]:
            text = record["criteria"]
            if not isinstance(text, str):
                continue
            if record["format"] in ("v2_json", "aact_rows"):
                text = html.unescape(ESCAPED.sub(r"\1", text))
            assert_invariants(text, segment(text))
            seen += 1
        assert seen > 1000
