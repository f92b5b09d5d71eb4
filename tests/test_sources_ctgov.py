"""The formats of the ClinicalTrials.gov family: older JSON, older XML, AACT's rows, NCI's API."""

from __future__ import annotations

import copy
import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ROOT, SHARED

import critparse
from critparse.errors import CritparseError, MalformedInput, UnknownFormat
from critparse.schema import Registry
from critparse.segment import segment
from critparse.sources import Record, formats, read, read_many, tildes, values

needs_shared = pytest.mark.skipif(
    not (SHARED / "registry").is_dir(),
    reason="no shared registry records: set CRITPARSE_SHARED or put ../shared beside",
)

V1: dict[str, Any] = {
    "ProtocolSection": {
        "IdentificationModule": {"NCTId": "NCT00000003", "BriefTitle": "Tea  at Four", "OfficialTitle": "Longer"},
        "DescriptionModule": {"BriefSummary": "Does tea help?", "DetailedDescription": "Given > 3 cups."},
        "ConditionsModule": {"ConditionList": {"Condition": ["Thirst", "Fatigue"]}},
        "DesignModule": {
            "PhaseList": {"Phase": ["Phase 1", "Phase 2"]},
            "EnrollmentInfo": {"EnrollmentCount": "63", "EnrollmentType": "Actual"},
        },
        "EligibilityModule": {
            "EligibilityCriteria": "Inclusion Criteria:\n\nThirsty adults\n\nExclusion Criteria:\n\nBMI < 18",
            "HealthyVolunteers": "Accepts Healthy Volunteers",
            "Gender": "Female",
            "MinimumAge": "18 Years",
            "MaximumAge": "100 Years",
        },
    }
}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<clinical_study rank="1">
  <!-- of our own making -->
  <id_info><org_study_id>TEA-4</org_study_id><nct_id>NCT00000004</nct_id></id_info>
  <brief_title>Tea &amp; Biscuits</brief_title>
  <official_title>Longer</official_title>
  <brief_summary><textblock>
      Does tea help?
    </textblock></brief_summary>
  <detailed_description><textblock>Cups &gt; 3.</textblock></detailed_description>
  <phase>Phase 2/Phase 3</phase>
  <enrollment type="Anticipated">120</enrollment>
  <condition>Thirst</condition>
  <condition>Fatigue; daytime</condition>
  <eligibility>
    <study_pop><textblock>Tea drinkers</textblock></study_pop>
    <criteria><textblock>
        Inclusion Criteria:&#xD;
&#xD;
          -  Adults who have taken at least three cups of black tea on every day of the last four&#xD;
             weeks before they are enrolled&#xD;
&#xD;
          -  Written consent, given after the nature of the study has been explained, and in the&#xD;
             presence of a witness&#xD;
&#xD;
        Exclusion Criteria:&#xD;
&#xD;
          -  HbA1c &lt; 5 %&#xD;
    </textblock></criteria>
    <gender>Both</gender>
    <minimum_age>6 Months</minimum_age>
    <maximum_age>N/A</maximum_age>
    <healthy_volunteers>No</healthy_volunteers>
  </eligibility>
</clinical_study>
"""
ROW: dict[str, Any] = {
    "": "NCT00000005",
    "brief_title": "Tea",
    "phase": "Phase 4",
    "condition": "Thirst",
    "eligibility/criteria/textblock": "\n        Inclusion Criteria:\r\n\r\n          -  Adults\r\n",
    "eligibility/gender": "Male",
    "eligibility/minimum_age": "2 Weeks",
    "eligibility/maximum_age": None,
    "eligibility/healthy_volunteers": "Accepts Healthy Volunteers",
}
AACT: dict[str, Any] = {
    "nct_id": "NCT00000006",
    "gender": "ALL",
    "minimum_age": "18 Years",
    "maximum_age": None,
    "healthy_volunteers": "f",
    "criteria": "Inclusion Criteria:~~1\\. BMI \\>= 30 kg/m\\^2~2\\. ECOG 0\\~1~  * or 2~~Exclusion Criteria:~~* None",
}
NESTED = "One of:\r\n* Thirst\r\n** For days\r\n* Heat"
NCI: dict[str, Any] = {
    "nct_id": "NCT00000007",
    "nci_id": "NCI-2020-1",
    "brief_title": "Tea",
    "brief_summary": "Does tea help?",
    "detail_description": "OUTLINE:\r\nTea.",
    "phase": "I_II",
    "diseases": [
        {"name": "Thirst", "is_lead_disease": True},
        {"name": "Symptom", "is_lead_disease": False},
    ],
    "eligibility": {
        "structured": {
            "sex": "MALE",
            "min_age": "12 Years",
            "max_age": "999 Years",
            "max_age_number": 999,
            "accepts_healthy_volunteers": False,
        },
        "unstructured": [
            {"display_order": 3, "inclusion_indicator": False, "description": "Coffee"},
            {
                "display_order": 2,
                "inclusion_indicator": True,
                "description": "One of:\r\n* Thirst\r\n** For days\r\n* Heat",
            },
            {"display_order": 1, "inclusion_indicator": True, "description": "Platelets >= 100,000/ul"},
        ],
    },
}


def _texts(record: Record) -> dict[str, str]:
    return {text.id: text.text for text in record.texts}


def _fields(registry: Registry) -> tuple[Any, ...]:
    ages = [limit and (limit.value, limit.unit) for limit in (registry.minimum_age, registry.maximum_age)]
    return (*ages, registry.sex, registry.healthy_volunteers, registry.conditions, registry.enrollment, registry.phase)


def _records(source: Any) -> list[Record]:
    found = list(read_many(source))
    assert all(isinstance(record, Record) for record in found), found
    return [record for record in found if isinstance(record, Record)]


class TestOlderJson:
    FIELDS = ((18, "years"), None, "female", True, ("Thirst", "Fatigue"), 63, "Phase 1/Phase 2")

    def test_every_field(self) -> None:
        """Texts and fields of a full study; an upper age of 100 years is none."""
        record = read(V1)
        assert (record.trial_id, record.title, record.source_format) == ("NCT00000003", "Tea at Four", "ctgov-v1")
        assert _fields(record.registry) == self.FIELDS
        assert _texts(record) == {
            "eligibility": V1["ProtocolSection"]["EligibilityModule"]["EligibilityCriteria"],
            "description": "Given > 3 cups.",
            "summary": "Does tea help?",
            "title": "Tea at Four",
            "official_title": "Longer",
        }

    @pytest.mark.parametrize(
        "source",
        [
            {"FullStudy": {"Rank": 1, "Study": V1}},
            {"Rank": 1, "Study": V1},
            {"FullStudiesResponse": {"NStudiesFound": 1, "FullStudies": [{"Rank": 1, "Study": V1}]}},
        ],
    )
    def test_wrappers(self, source: dict[str, Any]) -> None:
        """However the API wraps a study."""
        assert [_fields(record.registry) for record in _records(json.dumps(source).encode())] == [self.FIELDS]

    def test_several_studies(self) -> None:
        """A page of the API is as many records."""
        page = {"FullStudiesResponse": {"FullStudies": [{"Study": V1}, {"Study": {"ProtocolSection": {}}}]}}
        assert [record.trial_id for record in read_many(page) if isinstance(record, Record)] == ["NCT00000003", None]

    def test_chosen_fields(self) -> None:
        """Each is a list in JSON, of which single fields have one member or none."""
        fields = {
            "Rank": 1,
            "NCTId": ["NCT00000003"],
            "BriefTitle": ["Tea at Four"],
            "EligibilityCriteria": ["Adults"],
            "MinimumAge": ["18 Years"],
            "MaximumAge": [],
            "Gender": ["Female"],
            "HealthyVolunteers": ["Accepts Healthy Volunteers"],
            "Condition": ["Thirst", "Fatigue"],
            "Phase": ["Phase 1", "Phase 2"],
            "EnrollmentCount": ["63"],
        }
        (record,) = _records(json.dumps({"StudyFieldsResponse": {"StudyFields": [fields]}}).encode())
        assert (record.trial_id, record.title, record.texts[0].text) == ("NCT00000003", "Tea at Four", "Adults")
        assert _fields(record.registry) == self.FIELDS

    def test_chosen_fields_as_table(self) -> None:
        """Lists have their values joined."""
        (record,) = _records(
            "NCTId,EligibilityCriteria,MinimumAge,Condition,Phase\nNCT1,Adults,2 Days,A|B,Phase 2|Phase 1"
        )
        assert record.source_format == "ctgov-v1"
        assert _fields(record.registry) == ((2, "days"), None, None, None, ("A", "B"), None, "Phase 1/Phase 2")

    def test_a_text_that_is_none(self) -> None:
        """Is malformed."""
        broken = {"ProtocolSection": {"EligibilityModule": {"EligibilityCriteria": ["x"]}}}
        with pytest.raises(MalformedInput, match="EligibilityCriteria holds list"):
            read(broken)


class TestOlderXml:
    def test_every_field(self) -> None:
        """Texts as they stand, wrapped and indented; "Both" is all, "N/A" no limit."""
        record = read(XML)
        assert (record.trial_id, record.title, record.source_format) == ("NCT00000004", "Tea & Biscuits", "ctgov-xml")
        assert _fields(record.registry) == (
            (6, "months"),
            None,
            "all",
            False,
            ("Thirst", "Fatigue; daytime"),
            120,
            "Phase 2/Phase 3",
        )
        texts = _texts(record)
        assert texts["description"] == "Cups > 3."
        assert texts["summary"].strip() == "Does tea help?"
        assert "-  HbA1c < 5 %\r\n" in texts["eligibility"]
        assert record.texts[0].raw == texts["eligibility"]

    def test_wrapped_lines_are_one_criterion(self) -> None:
        """Whose span covers the line break, and whose words are read across it."""
        trial = critparse.parse(XML, model=False)
        assert [(criterion.kind, " ".join(criterion.text.split()[-4:])) for criterion in trial.criteria] == [
            ("inclusion", "before they are enrolled"),
            ("inclusion", "presence of a witness"),
            ("exclusion", "HbA1c < 5 %"),
        ]
        for criterion in trial.criteria:
            assert criterion.text == trial.texts[0].text[criterion.span.start : criterion.span.end]

    def test_several_in_one_file(self, tmp_path: Path) -> None:
        """Wrapped by another element, or joined; a broken one is an error in its place."""
        study = XML.partition("?>")[2]
        assert len(_records(f"<search_results>{study}{study}</search_results>")) == 2
        path = tmp_path / "studies.xml"
        path.write_text(XML + XML + "<clinical_study><brief_title>Tea</official_title>")
        *good, bad = read_many(path)
        assert [type(record) for record in good] == [Record, Record]
        assert isinstance(bad, MalformedInput) and "mismatched tag" in str(bad)
        assert f"{path}" in str(bad)

    def test_a_cut_file(self) -> None:
        """Says that it is cut off."""
        with pytest.raises(MalformedInput, match="cut off"):
            read(XML[:800])

    def test_xml_of_another_kind(self, tmp_path: Path) -> None:
        """Has no record; a file's name is held against it."""
        with pytest.raises(MalformedInput, match=r"it holds no record \(none of .*<clinical_study>"):
            read("<recipe><tea/></recipe>")
        path = tmp_path / "a.xml"
        path.write_text("Adults over 18")
        with pytest.raises(MalformedInput, match="syntax error"):
            read(path)

    def test_rows_named_by_paths(self) -> None:
        """A table, or JSON, whose columns are paths in the XML; the first column is the number."""
        record = read(ROW)
        assert (record.trial_id, record.title, record.source_format) == ("NCT00000005", "Tea", "ctgov-xml-table")
        assert _fields(record.registry) == ((2, "weeks"), None, "male", True, ("Thirst",), None, "Phase 4")
        table = ",".join(f'"{name}"' for name in ROW) + "\n" + ",".join(f'"{value or ""}"' for value in ROW.values())
        (row,) = _records(table)
        assert (row.trial_id, row.registry, _texts(row)) == (record.trial_id, record.registry, _texts(record))

    def test_rows_from_memory(self) -> None:
        """Numbers are numbers there, what is missing is no number, and an index that merely counts is no id."""
        nan = float("nan")
        record = read(ROW | {"": 7, "enrollment": 40.0, "phase": nan, "brief_summary/textblock": nan, "condition": nan})
        assert (record.trial_id, [text.id for text in record.texts]) == (None, ["eligibility", "title"])
        assert _fields(record.registry)[4:] == ((), 40, None)
        assert read(ROW | {"brief_title": nan, "official_title": "Longer"}).title == "Longer"


class TestAactRow:
    def test_every_field(self) -> None:
        """One row of eligibilities alone."""
        record = read(AACT)
        assert (record.trial_id, record.title, record.source_format) == ("NCT00000006", None, "aact")
        assert _fields(record.registry) == ((18, "years"), None, "all", False, (), None, None)

    def test_joined_columns(self) -> None:
        """What other tables say of the trial, under its usual names."""
        record = read(
            AACT
            | {
                "brief_title": "Tea",
                "phase": "PHASE1/PHASE2",
                "enrollment": 12,
                "conditions": ["Thirst"],
                "brief_summary": "One~two",
                "detailed_description": "Three",
            }
        )
        assert (record.title, _fields(record.registry)[4:]) == ("Tea", (("Thirst",), 12, "Phase 1/Phase 2"))
        assert {key: text for key, text in _texts(record).items() if key != "eligibility"} == {
            "description": "Three",
            "summary": "One\ntwo",
            "title": "Tea",
        }

    def test_line_breaks_and_escapes_are_undone_with_the_way_back(self) -> None:
        """Every span points into the text as the row has it."""
        text = read(AACT).texts[0]
        assert text.raw == AACT["criteria"]
        assert text.text.split("\n") == [
            "Inclusion Criteria:",
            "",
            "1. BMI >= 30 kg/m^2",
            "2. ECOG 0~1",
            "  * or 2",
            "",
            "Exclusion Criteria:",
            "",
            "* None",
        ]
        start = text.text.index("ECOG 0~1")
        span = text.span(start, start + len("ECOG 0~1"))
        assert text.raw[span.start : span.end] == "ECOG 0\\~1"

    def test_the_document_quotes_the_row(self) -> None:
        """Criteria, sub-criteria and notes are slices of the row's text."""
        trial = critparse.parse(AACT, model=False)
        assert [(c.kind, c.text) for c in trial.criteria] == [
            ("inclusion", "1\\. BMI \\>= 30 kg/m\\^2"),
            ("inclusion", "2\\. ECOG 0\\~1"),
        ]
        assert [child.text for child in trial.criteria[1].children] == ["* or 2"]

    @pytest.mark.parametrize(
        ("raw", "read_as"),
        [
            ("Inclusion:~Adults~18 years or more", "Inclusion:\nAdults\n18 years or more"),
            ("Ages 18 ~ 65~Consent", "Ages 18 ~ 65\nConsent"),
            ("Dose (~30 mg)~Weight >~50 kg~1. Tea", "Dose (~30 mg)\nWeight >~50 kg\n1. Tea"),
            ("Score 0~3. Tea", "Score 0\n3. Tea"),
            ("Score \\<= 2~50 or more", "Score <= 2\n50 or more"),
            ("Score 0\\~3", "Score 0~3"),
            ("Ages 18~65\nConsent ~ given", "Ages 18~65\nConsent ~ given"),
            ("No tilde", "No tilde"),
            ("", ""),
        ],
    )
    def test_tildes(self, raw: str, read_as: str) -> None:
        """A line break, or a range or "about"; in a text with escapes or line ends of its own there is no doubt."""
        clean = tildes.aact("t", "T", raw)
        assert (clean.text, clean.raw) == (read_as, raw)

    def test_cut_texts(self) -> None:
        """A row whose texts have been cut is read as far as it goes."""
        record = read(
            {"nct_id": "NCT00000006", "gender": "FEMALE", "criteria_truncated": "Inclusion:~* Adults~* Wom..."}
        )
        assert (record.registry.sex, record.texts[0].text) == ("female", "Inclusion:\n* Adults\n* Wom...")

    def test_a_table(self) -> None:
        """The header of the file makes it known, whatever it is called; empty cells are null."""
        header = (
            "id|nct_id|sampling_method|gender|minimum_age|maximum_age|healthy_volunteers|population|criteria|"
            "gender_description|gender_based|adult|child|older_adult"
        )
        rows = '1|NCT1||ALL|18 Years||t||"Tea | or ""not""~* Adults"||f|t|f|t\n2|NCT2|'
        first, second = read_many(f"{header}\n{rows}")
        assert isinstance(first, Record) and isinstance(second, MalformedInput)
        assert (first.trial_id, first.registry.healthy_volunteers) == ("NCT1", True)
        assert first.texts[0].text == 'Tea | or "not"\n* Adults'
        assert str(second).endswith("line 3 as table: the row has 3 cells, the header 14")

    def test_without_criteria(self) -> None:
        """A row of another table is no record."""
        with pytest.raises(MalformedInput, match="no column criteria"):
            read({"nct_id": "NCT1", "name": "Thirst"}, format="aact")
        with pytest.raises(UnknownFormat):
            read({"nct_id": "NCT1", "name": "Thirst"})


class TestNci:
    def test_every_field(self) -> None:
        """Ages with 999 years as no limit, Roman phases, the lead disease."""
        record = read(NCI)
        assert (record.trial_id, record.title, record.source_format) == ("NCT00000007", "Tea", "nci-cts")
        assert _fields(record.registry) == (
            (12, "years"),
            None,
            "male",
            False,
            ("Thirst",),
            None,
            "Phase 1/Phase 2",
        )
        assert _texts(record)["description"] == "OUTLINE:\r\nTea."

    def test_the_text_is_put_together(self) -> None:
        """In the order given, inclusion before exclusion, each criterion and its sub-criteria as they belong."""
        text = read(NCI).texts[0].text
        assert text == (f"Inclusion Criteria:\n\nPlatelets >= 100,000/ul\n\n{NESTED}\n\nExclusion Criteria:\n\nCoffee")
        items = segment(text).items
        assert [(item.kind, len(item.children)) for item in items] == [
            ("inclusion", 0),
            ("inclusion", 2),
            ("exclusion", 0),
        ]

    def test_ages_without_words(self) -> None:
        """Are put together from number and unit."""
        structured = {"min_age_number": 6.0, "min_age_unit": "Months", "max_age_number": 17}
        registry = read({"nct_id": "N", "eligibility": {"structured": structured}}).registry
        assert _fields(registry)[:2] == ((6, "months"), (17, "years"))

    @pytest.mark.parametrize("name", ["data", "trials"])
    def test_a_page_of_the_api(self, name: str) -> None:
        """Holds as many trials."""
        assert [record.trial_id for record in _records({"total": 2, name: [NCI, NCI]})] == ["NCT00000007"] * 2


class TestValues:
    @pytest.mark.parametrize(
        ("written", "phase"),
        [
            ("II", "Phase 2"),
            ("I_II", "Phase 1/Phase 2"),
            ("O", "Phase 0"),
            ("NA", None),
            ("Phase 2/Phase 3", "Phase 2/Phase 3"),
        ],
    )
    def test_phases(self, written: str, phase: str | None) -> None:
        """In Roman numbers too."""
        assert values.phase([written]) == phase


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    "record", [V1, ROW, AACT, NCI, {"NCTId": ["NCT1"], "Gender": ["All"]}], ids=["v1", "row", "aact", "nci", "chosen"]
)
@given(data=st.data())
def test_fields_may_hold_anything(record: dict[str, Any], data: st.DataObject) -> None:
    """Whatever stands in place of one of the values, the record is read or refused with a typed error."""

    def places(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [path, *(place for key, member in inner for place in places(member, (*path, key)))]

    changed = copy.deepcopy(record)
    *path, last = data.draw(st.sampled_from(places(record, ())[1:]))
    holder: Any = changed
    for key in path:
        holder = holder[key]
    holder[last] = data.draw(ANYTHING)
    (result,) = read_many({"studies": [changed]})
    assert isinstance(result, Record | CritparseError)


def test_the_page_on_formats_names_each() -> None:
    """docs/formats.md has a row for every format there is."""
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in formats() if f"\n| `{name}` |" not in page] == []


FORMATS = {
    "v1_json": "ctgov-v1",
    "ctgov_xml": "ctgov-xml",
    "trialbench_csv": "ctgov-xml-table",
    "aact_rows": "aact",
    "nci_cts_json": "nci-cts",
}
VOLUNTEERS = {"No": False, "f": False, "Accepts Healthy Volunteers": True, "t": True}


@needs_shared
class TestRealRecords:
    def _records(self) -> list[dict[str, Any]]:
        with gzip.open(SHARED / "registry" / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [record for record in map(json.loads, lines) if record["format"] in FORMATS]

    def test_every_record_and_every_value_is_understood(self, caplog: pytest.LogCaptureFixture) -> None:
        """Sex, volunteers and ages are what the record says, criteria are the source's, and nothing is left aside."""
        caplog.set_level(logging.DEBUG, logger="critparse")
        given = self._records()
        assert len(given) > 2000
        for native in given:
            content = native["record"]
            record = read(content["xml"] if native["format"] == "ctgov_xml" else content)
            told, registry = native["registry"], record.registry
            assert (record.trial_id, record.source_format) == (native["id"], FORMATS[native["format"]])
            assert registry.sex == (told["sex"] and told["sex"].lower())
            assert registry.healthy_volunteers == VOLUNTEERS.get(told["healthy"], told["healthy"])
            for limit, written in ((registry.minimum_age, told["min_age"]), (registry.maximum_age, told["max_age"])):
                assert limit.text == written if limit else written is None or self._no_limit(written)
            if native["format"] != "nci_cts_json":
                assert record.texts[0].raw.split() == native["criteria"].split()
        assert not [message for message in caplog.messages if "not understood" in message]

    @staticmethod
    def _no_limit(written: str) -> bool:
        number = written.split(maxsplit=1)[0]
        return written == "N/A" or float(number) == 0 or (float(number) >= 99 and written.endswith("Years"))

    @pytest.mark.parametrize("folder", ["v1", "v2", "xml"])
    def test_files_as_the_registry_serves_them(self, folder: str) -> None:
        """Each is one record with criteria, named as its file."""
        paths = sorted((SHARED / "registry" / "originals" / folder).iterdir())
        assert paths
        for path in paths:
            record = read(path)
            assert (record.trial_id, record.source_format) == (path.stem, f"ctgov-{folder}")
            assert record.texts[0].text.strip()

    def test_nothing_else_is_raised_on_damaged_records(self) -> None:
        """Cut anywhere, a record is read or refused with a typed error of one line."""
        for path in sorted((SHARED / "registry" / "originals" / "xml").iterdir())[:3]:
            text = path.read_text()
            for cut in range(97, min(len(text), 6000), 97):
                (result,) = read_many(text[:cut])
                assert isinstance(result, CritparseError)
                assert "\n" not in str(result)
