"""Records of registries other than ClinicalTrials.gov, spreadsheets, web pages, and tables of one's own."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support import SHARED, cpu_seconds

import critparse
from critparse.errors import CritparseError, InputError, InputTooLarge, MalformedInput, MissingExtra
from critparse.schema import Registry
from critparse.sources import Record, formats, read, read_many, sections, values
from critparse.sources.ictrp import export_columns
from critparse.sources.markup import looks_like_page, text_of

needs_records = pytest.mark.skipif(
    not (SHARED / "registry" / "records.jsonl.gz").is_file(), reason="the registry records are not here"
)

ICTRP = {
    "TrialID": "ChiCTR0000000001",
    "Public_title": "Warm socks for cold feet",
    "Source_Register": "ChiCTR",
    "Inclusion_agemin": "18",
    "Inclusion_agemax": "no limit",
    "Inclusion_gender": "Both",
    "Phase": "2-3",
    "Target_size": "40",
    "Inclusion_Criteria": "Inclusion criteria: 1. Cold feet;<br>2. Age 18 or over.",
    "Exclusion_Criteria": "Exclusion criteria: 1. Frostbite.",
    "Condition": "Cold feet;Raynaud disease<br>Chilblains",
}
ICTRP_XML = "<Trials_downloaded_from_ICTRP>{}</Trials_downloaded_from_ICTRP>".format(
    "<Trial>"
    + "".join(f"<{k}>{v.replace('<', '&lt;').replace('>', '&gt;')}</{k}>" for k, v in ICTRP.items())
    + "</Trial>"
)
REGISTRATION_XML = """<?xml version="1.0" encoding="UTF-8"?><trials><trial><main><trial_id>DRKS00000001</trial_id>
<public_title>Warm socks</public_title><phase>2</phase><hc_freetext>Cold feet</hc_freetext><target_size>12</target_size>
</main><criteria><inclusion_criteria>Cold feet</inclusion_criteria><agemin>18 Years</agemin><agemax>no maximum age
</agemax><gender>Female</gender><exclusion_criteria>Frostbite</exclusion_criteria></criteria></trial></trials>"""
CTIS_LISTS = {
    "principalInclusionCriteria": [
        {
            "number": 1,
            "principalInclusionCriteria": "Cold feet",
            "principalInclusionCriteriaTranslations": [{"attributeTranslation": "Koude voeten"}],
        },
        {"number": 2, "principalInclusionCriteria": "Age 18 or over"},
    ],
    "principalExclusionCriteria": [{"number": 1, "principalExclusionCriteria": "Frostbite"}],
}
POPULATION = {
    "ageRanges": [{"ageRangeCategory": "3"}],
    "clinicalTrialGroups": [{"name": "Patients"}],
    "isFemaleSubjects": True,
    "isMaleSubjects": False,
}
CTIS = {
    "ctNumber": "2025-000000-00-00",
    "authorizedApplication": {
        "authorizedPartI": {
            "trialDetails": {
                "clinicalTrialIdentifiers": {"fullTitle": "A trial of warm socks", "publicTitle": "Warm socks"},
                "trialInformation": {
                    "eligibilityCriteria": CTIS_LISTS,
                    "populationOfTrialSubjects": POPULATION,
                    "medicalCondition": {"partIMedicalConditions": [{"medicalCondition": "Cold feet"}]},
                },
            }
        }
    },
}
CTIS_FLAT = {
    "id": "2025-000000-00-00",
    "title": ["Warm socks", "Warm socks"],
    "eligibility": [CTIS_LISTS, CTIS_LISTS],
    "population": [POPULATION],
    "medicalConditions": [[{"medicalCondition": "Cold feet"}]],
}
EUCTR = {
    "_id": "2020-000000-00-NL",
    "a2_eudract_number": "2020-000000-00",
    "a3_full_title_of_the_trial": "Warm socks for cold feet",
    "e11_medical_conditions_being_investigated": "Cold feet",
    "e3_principal_inclusion_criteria": "- Cold feet\n- Age 20 or over",
    "e4_principal_exclusion_criteria": "- Frostbite",
    "e72_therapeutic_exploratory_phase_ii": "Yes",
    "e73_therapeutic_confirmatory_phase_iii": "No",
    "f12_adults_1864_years": "Yes",
    "f21_female": True,
    "f22_male": "Yes",
    "f31_healthy_volunteers": "No",
    "f422_in_the_whole_clinical_trial": "60",
}
PROTOCOL = """Summary
EudraCT Number: 2020-000000-00
Link: https://www.clinicaltrialsregister.eu/ctr-search/trial/2020-000000-00/NL/

A.2 EudraCT number: 2020-000000-00
A.3 Full title of the trial: Warm socks for cold feet
A.3 Full title of the trial (nl): Warme sokken
E.1.1 Medical condition(s) being investigated: Cold feet
E.2.1 Main objective of the trial: To warm feet
E.3 Principal inclusion criteria: 1. Cold feet
2. Age 20 or over
B.2 cells measured: yes
E.3 Principal inclusion criteria (nl): 1. Koude voeten
E.4 Principal exclusion criteria: 1. Frostbite
E.5 End points
E.5.1 Primary end point(s): Warmth
E.7.1 Human pharmacology (Phase I): No
E.7.2 Therapeutic exploratory (Phase II): Yes
F.1.2 Adults (18-64 years): Yes
F.2.1 Female: Yes
F.2.2 Male: No
F.3.1 Healthy volunteers: Yes
F.4.2.2 In the whole clinical trial: 60
"""
ISRCTN = {
    "isrctn": "00000001",
    "trialDescription": {"title": "Warm socks", "plainEnglishSummary": "Feet get cold."},
    "participants": {
        "inclusion": "1. Cold feet",
        "exclusion": "1. Frostbite",
        "ageRange": "Adult",
        "lowerAgeLimit": "18 Years",
        "upperAgeLimit": "99 Years",
        "gender": "Female",
        "healthyVolunteersAllowed": "false",
        "targetEnrolment": "30",
    },
    "conditions": {"condition": [{"description": "Cold feet"}, {"description": "Chilblains"}]},
    "interventions": {"intervention": {"phase": "Phase II/III"}},
}
ISRCTN_XML = """<?xml version="1.0"?><allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="1"><fullTrial>
<trial lastUpdated="2021-01-01T00:00:00Z"><isrctn dateAssigned="2020-01-01">00000001</isrctn>
<trialDescription><title>Warm socks</title><plainEnglishSummary>Feet get cold.</plainEnglishSummary></trialDescription>
<participants><healthyVolunteersAllowed>false</healthyVolunteersAllowed><inclusion>1. Cold feet</inclusion>
<ageRange>Adult</ageRange><lowerAgeLimit unit="years" value="18.0">18 Years</lowerAgeLimit><gender>Female</gender>
<targetEnrolment>30</targetEnrolment><exclusion>1. Frostbite</exclusion></participants>
<conditions><condition><description>Cold feet</description></condition></conditions></trial>
<sponsor id="x"><organisation>Socks Ltd</organisation></sponsor></fullTrial></allTrials>"""
HEADED = "Inclusion criteria:\n1. Cold feet\n\nExclusion criteria:\n1. Frostbite"


def eligibility(record: Record) -> str:
    """The eligibility text as given."""
    return record.texts[0].raw


def workbook(*sheets: list[list[Any]]) -> bytes:
    """A spreadsheet file with these sheets."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class TestSections:
    def test_a_field_without_heading_gets_one(self) -> None:
        """The fields stand in the section as they are; only what does not say its kind gets a heading."""
        assert (
            sections.joined("Cold feet", "Frostbite")
            == "Inclusion criteria:\nCold feet\n\nExclusion criteria:\nFrostbite"
        )
        assert sections.joined("Key inclusion criteria: x", " ") == "Key inclusion criteria: x"
        assert sections.joined("", "Criteria for exclusion\ny") == "Criteria for exclusion\ny"
        assert sections.joined("", "") == ""


class TestIctrp:
    def test_a_row_is_read(self) -> None:
        """Texts in one section, fields as what they mean."""
        record = read(ICTRP)
        assert (record.trial_id, record.title, record.source_format) == (
            ICTRP["TrialID"],
            ICTRP["Public_title"],
            "ictrp",
        )
        assert eligibility(record) == f"{ICTRP['Inclusion_Criteria']}\n\n{ICTRP['Exclusion_Criteria']}"
        assert record.texts[0].text.startswith("Inclusion criteria: 1. Cold feet;\n2. Age 18 or over.\n\nExclusion")
        registry = record.registry
        assert registry.minimum_age is not None and registry.minimum_age.value == 18
        assert registry.maximum_age is None
        assert (registry.sex, registry.phase, registry.enrollment) == ("all", "Phase 2/Phase 3", 40)
        assert registry.conditions == ("Cold feet", "Raynaud disease", "Chilblains")

    @pytest.mark.parametrize(
        "habit", [str, lambda name: name.replace("_", " "), str.upper, lambda name: f" {name.lower()}"]
    )
    def test_columns_are_known_under_all_their_names(self, habit: Any) -> None:
        """Underscores, blanks and capitals differ from one export to the next."""
        assert read({habit(name): value for name, value in ICTRP.items()}).registry == read(ICTRP).registry

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_a_table_is_read(self, delimiter: str) -> None:
        """Quoted cells hold line ends and delimiters."""
        cells = [list(ICTRP), [f'"{value}"' for value in ICTRP.values()]]
        (record,) = read_many("\n".join(delimiter.join(row) for row in cells))
        assert isinstance(record, Record)
        assert (record.source_format, record.registry) == ("ictrp", read(ICTRP).registry)

    def test_xml_is_read(self) -> None:
        """The download of many trials, a single one, and the XML in which registries hand records to ICTRP."""
        for source in (ICTRP_XML, ICTRP_XML.partition(">")[2].rpartition("</Trials")[0]):
            assert read(source).registry == read(ICTRP).registry
            assert eligibility(read(source)) == eligibility(read(ICTRP))
        record = read(REGISTRATION_XML)
        assert (record.trial_id, record.title, record.source_format) == ("DRKS00000001", "Warm socks", "ictrp")
        assert record.registry == Registry(
            minimum_age=values.age("18 Years", upper=False),
            sex="female",
            conditions=("Cold feet",),
            enrollment=12,
            phase="Phase 2",
        )
        assert eligibility(record) == "Inclusion criteria:\nCold feet\n\nExclusion criteria:\nFrostbite"

    def test_the_full_export_has_no_header(self) -> None:
        """Its columns are known by their order; a ragged row is an error in its place."""
        columns = export_columns()
        given = {"TrialID": "NCT00000001", "Agemin": "18 Years", "Gender": "Female", "Inclusion_Criteria": "Cold feet"}
        row = ",".join(f'"{given.get(name, "")}"' for name in columns)
        good, bad, other = read_many(f"{row}\nNCT00000002,x\n{row.replace('001', '003')}")
        assert isinstance(good, Record) and isinstance(other, Record)
        assert (good.trial_id, good.registry.sex, eligibility(good)) == ("NCT00000001", "female", "Cold feet")
        assert other.trial_id == "NCT00000003"
        assert isinstance(bad, MalformedInput) and "line 2" in str(bad)

    def test_a_whole_section_in_one_field_gets_no_heading(self) -> None:
        """Records of ClinicalTrials.gov have all criteria in the field of inclusion criteria."""
        section = "DISEASE CHARACTERISTICS:<br>- Cold feet"
        assert (
            eligibility(read({"TrialID": "NCT00000001", "Inclusion_Criteria": section, "Exclusion_Criteria": None}))
            == section
        )

    def test_sizes_of_groups_are_no_enrollment(self) -> None:
        """Only a single number is the size of the trial."""
        assert read(ICTRP | {"Target_size": "socks:20;no socks:20;"}).registry.enrollment is None

    def test_the_age_table_of_the_eu_ctr_is_no_criterion(self) -> None:
        """What the EU CTR appends about age groups is kept as a note."""
        table = "Are the trial subjects under 18? no<br>F.1.2 Adults (18-64 years) yes<br>F.1.3 Elderly (>=65 years) no"
        record = ICTRP | {"Inclusion_Criteria": f"Inclusion criteria:<br>- Age over 30<br>{table}"}
        trial = critparse.parse(record, model=False)
        assert [c.text for c in trial.criteria] == ["- Age over 30", "1. Frostbite."]
        noted = "".join(trial.text_of(note.span) for note in trial.notes if note.reason == "narrative")
        assert "F.1.2 Adults (18-64 years) yes" in noted


class TestCtis:
    @pytest.mark.parametrize("source", [CTIS, CTIS_FLAT])
    def test_both_shapes_are_read(self, source: dict[str, Any]) -> None:
        """Numbered criteria once, each on a line, no translations; age classes are no limits."""
        record = read(source)
        assert (record.trial_id, record.title, record.source_format) == ("2025-000000-00-00", "Warm socks", "ctis")
        assert eligibility(record) == (
            "Inclusion criteria:\nCold feet\nAge 18 or over\n\nExclusion criteria:\nFrostbite"
        )
        assert record.registry == Registry(sex="female", healthy_volunteers=False, conditions=("Cold feet",))

    def test_its_criteria_are_told_apart(self) -> None:
        """One criterion for each member of the lists."""
        trial = critparse.parse(CTIS, model=False)
        assert [(c.kind, c.text) for c in trial.criteria] == [
            ("inclusion", "Cold feet"),
            ("inclusion", "Age 18 or over"),
            ("exclusion", "Frostbite"),
        ]


class TestEuCtr:
    def test_json_is_read(self) -> None:
        """Fields of ctrdata; age groups are classes, no limits."""
        record = read(EUCTR)
        assert (record.trial_id, record.source_format) == ("2020-000000-00-NL", "euctr")
        assert eligibility(record) == sections.joined("- Cold feet\n- Age 20 or over", "- Frostbite")
        assert record.registry == Registry(
            sex="all", healthy_volunteers=False, conditions=("Cold feet",), enrollment=60, phase="Phase 2"
        )

    def test_a_protocol_is_read(self) -> None:
        """Coded lines with all below them; translations and codes out of order are no fields."""
        record = read(PROTOCOL)
        assert (record.trial_id, record.title, record.source_format) == (
            "2020-000000-00-NL",
            "Warm socks for cold feet",
            "euctr-text",
        )
        assert eligibility(record) == sections.joined(
            "1. Cold feet\n2. Age 20 or over\nB.2 cells measured: yes", "1. Frostbite"
        )
        summary = record.text("summary")
        assert summary is not None and summary.raw == "To warm feet"
        assert record.registry == Registry(
            sex="female", healthy_volunteers=True, conditions=("Cold feet",), enrollment=60, phase="Phase 2"
        )

    def test_a_download_has_a_protocol_for_each_state(self) -> None:
        """Each is a record of its own."""
        both = list(read_many(f"This file contains …\n\n{PROTOCOL}\n{PROTOCOL.replace('/NL/', '/SE/')}"))
        assert [r.trial_id for r in both if isinstance(r, Record)] == ["2020-000000-00-NL", "2020-000000-00-SE"]

    def test_its_page_is_read(self) -> None:
        """On the page, code, label and text are cells of a table."""
        cells = [
            line.partition(" ")
            for line in PROTOCOL.splitlines()[4:]
            if line[1:2] == "." and line[0].isalpha() and "Koude" not in line
        ]
        rows = "".join(
            f"<tr><td>{code}</td><td>{rest.partition(': ')[0]}</td><td>{rest.partition(': ')[2]}</td></tr>"
            for code, _, rest in cells
        )
        record = read(f"<!DOCTYPE html><html><body><table>{rows}</table></body></html>")
        assert record.source_format == "euctr-text"
        assert eligibility(record) == sections.joined("1. Cold feet\nB.2\ncells measured\nyes", "1. Frostbite")
        assert record.registry.sex == "female"


class TestIsrctn:
    def test_json_is_read(self) -> None:
        """The number gets its prefix; 99 years is no limit; conditions and phases may be one or many."""
        record = read(ISRCTN)
        assert (record.trial_id, record.title, record.source_format) == ("ISRCTN00000001", "Warm socks", "isrctn")
        assert eligibility(record) == HEADED
        assert record.registry == Registry(
            minimum_age=values.age("18 Years", upper=False),
            sex="female",
            healthy_volunteers=False,
            conditions=("Cold feet", "Chilblains"),
            enrollment=30,
            phase="Phase 2/Phase 3",
        )

    def test_xml_is_read(self) -> None:
        """The answer of the API, names in its namespace."""
        record = read(ISRCTN_XML)
        assert (record.trial_id, record.source_format) == ("ISRCTN00000001", "isrctn")
        assert eligibility(record) == HEADED
        assert record.registry == Registry(
            minimum_age=values.age("18 Years", upper=False),
            sex="female",
            healthy_volunteers=False,
            conditions=("Cold feet",),
            enrollment=30,
        )


class TestSpreadsheet:
    def test_rows_are_records(self, tmp_path: Path) -> None:
        """The sheet with known columns is read, numbers as they are shown; other sheets and blank rows are left."""
        rows = [
            list(ICTRP),
            list((ICTRP | {"Inclusion_agemin": 18.0}).values()),
            [],
            list((ICTRP | {"TrialID": "X2"}).values()),
        ]
        path = tmp_path / "export.xlsx"
        path.write_bytes(workbook([["About"], ["this file"]], rows))
        first, second = read_many(path)
        assert isinstance(first, Record) and isinstance(second, Record)
        assert (first.registry, eligibility(first)) == (read(ICTRP).registry, eligibility(read(ICTRP)))
        assert second.trial_id == "X2"

    def test_columns_of_the_simple_record_are_known(self) -> None:
        """Bytes of a workbook with critparse's own columns."""
        record = read(workbook([["id", "eligibility", "minimum_age"], ["T1", "Cold feet", 18]]))
        assert (record.trial_id, record.source_format) == ("T1", "simple")
        assert record.registry.minimum_age is not None and record.registry.minimum_age.value == 18

    def test_unknown_columns_are_refused(self) -> None:
        """No sheet with known columns, or none but the header."""
        with pytest.raises(MalformedInput, match="known columns"):
            read(workbook([["a", "b"], ["1", "2"]]))
        with pytest.raises(InputError, match="empty"):
            read(workbook([list(ICTRP)]))

    def test_a_bomb_is_refused_before_it_is_unpacked(self) -> None:
        """The unpacked size is bounded by that of the input."""
        pytest.importorskip("openpyxl")
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b" " * 3_000_000)
        with pytest.raises(InputTooLarge):
            read(file.getvalue(), max_bytes=100_000)

    @pytest.mark.parametrize(
        "part",
        [
            b"<broken",
            b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><workbook>&c;</workbook>',
            b"",
        ],
    )
    def test_a_damaged_workbook_is_refused(self, part: bytes) -> None:
        """One line that says so, whatever the library stumbles over; entities are not expanded."""
        intact = workbook([list(ICTRP), list(ICTRP.values())])
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(intact)) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                new.writestr(name, part if name == "xl/workbook.xml" else old.read(name))
        with pytest.raises(MalformedInput, match="damaged"):
            read(file.getvalue())

    def test_the_extra_is_named_when_it_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What to install, in one line."""
        data = workbook([list(ICTRP), list(ICTRP.values())])
        monkeypatch.setitem(sys.modules, "openpyxl", None)
        with pytest.raises(MissingExtra, match=r"critparse\[xlsx\]"):
            read(data)


PAGES = {
    "ClinicalTrials.gov": (
        "<h1>Warm Socks</h1><p>ClinicalTrials.gov ID NCT00000001</p><h2>Participation Criteria</h2>"
        "<h3>Eligibility Criteria</h3><div><p>Inclusion Criteria:</p><ul><li><p>Cold feet</p></li><li>Age &ge; 18</li>"
        "</ul><p>Exclusion Criteria:</p><ul><li>Frostbite</li></ul></div><div><h3>Ages Eligible for Study</h3>"
        "<div>18 Years to 70 Years (Adult, Older Adult)</div></div><h3>Sexes Eligible for Study</h3><div>All</div>"
        "<h3>Accepts Healthy Volunteers</h3><div>No</div><h2>Study Plan</h2><p>Socks.</p>"
    ),
    "classic": (
        "<div>NCT00000001</div><h3>Eligibility Criteria</h3><table><tr><td>Ages Eligible for Study:</td><td>18 Years "
        "to 70 Years &nbsp; (Adult)</td></tr><tr><td>Sexes Eligible for Study:</td><td>All</td></tr>"
        "<tr><td>Accepts Healthy Volunteers:</td><td>No</td></tr></table><div>Criteria</div><p>Inclusion Criteria:</p>"
        "<ul><li>Cold feet</li><li>Age &ge; 18</li></ul><p>Exclusion Criteria:</p><ul><li>Frostbite</li></ul>"
        "<h3>Contacts and Locations</h3>"
    ),
    "ICTRP": (
        "<table><tr><td>Main ID:</td><td>NCT00000001</td></tr><tr><td>Public title:</td><td>Warm Socks</td></tr>"
        "</table><h4>Key inclusion &amp; exclusion criteria</h4>Inclusion Criteria:<br>* Cold feet<br>* Age ≥ 18"
        "<br>Exclusion Criteria:<br>* Frostbite<br><div>Age minimum: 18 Years</div><div>Age maximum: 70 Years</div>"
        "<div>Gender: All</div><h4>Health Condition(s) or Problem(s) studied</h4><div>Cold feet</div>"
    ),
}


class TestPages:
    @pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
    def test_a_saved_page_is_read(self, page: str) -> None:
        """Criteria with their bullets, fields by their labels, nothing of the page around."""
        record = read(
            f"<!DOCTYPE html><html><head><title>x</title><script>if(a<b)</script></head><body>{page}</body></html>"
        )
        assert (record.trial_id, record.source_format) == ("NCT00000001", "registry-page")
        lines = [line for line in eligibility(record).splitlines() if line]
        assert lines == ["Inclusion Criteria:", "* Cold feet", "* Age ≥ 18", "Exclusion Criteria:", "* Frostbite"]
        registry = record.registry
        assert registry.minimum_age is not None and registry.minimum_age.value == 18
        assert registry.maximum_age is not None and registry.maximum_age.value == 70
        assert registry.sex == "all"
        assert registry.healthy_volunteers in {False, None}

    def test_two_halves_make_a_section(self) -> None:
        """ISRCTN's page has other fields between its two sections."""
        page = (
            "ISRCTN00000001 Warm socks\nKey inclusion criteria\n1. Cold feet\nLower age limit\n18 Years\nSex\nAll\n"
            "Target number of participants\n30\nKey exclusion criteria\n1. Frostbite\nDate of first enrolment\n"
            "01/02/2020"
        )
        record = read(page)
        assert (record.trial_id, record.source_format, eligibility(record)) == (
            "ISRCTN00000001",
            "registry-page",
            HEADED,
        )
        assert (record.registry.sex, record.registry.enrollment) == ("all", 30)

    def test_plain_criteria_are_no_page(self) -> None:
        """Criteria that speak of age and sex are plain text; a text that begins with "<" need be no page."""
        assert (
            read(
                "Inclusion criteria:\n- Age: 18 to 65\n- Sex: female\n\nExclusion criteria:\n- Frostbite"
            ).source_format
            == "text"
        )
        assert not looks_like_page("<10 mg of prednisone")
        assert not looks_like_page("<br>- Adults")

    def test_any_page_becomes_lines(self) -> None:
        """Blocks and cells are lines, lists have bullets or numbers, nested ones are indented; scripts are left out."""
        page = (
            "<div>a <b>bold</b>\n word</div><ol><li>one<ul><li>under one</li></ul></li><li>two</li></ol>"
            "<style>p{}</style><pre>as\n  is</pre>10<sup>9</sup>/L &lt; 5<!-- no -->"
        )
        assert text_of(page).splitlines() == [
            "a bold word",
            "1. one",
            "  * under one",
            "2. two",
            "as",
            "  is",
            "10^9/L < 5",
        ]

    def test_plain_text_may_be_asked_for(self) -> None:
        """``format="text"`` leaves markup alone."""
        page = "<html><body>Cold feet</body></html>"
        assert read(page, format="text").texts[0].raw == page
        assert read(page).texts[0].raw == "Cold feet"

    @pytest.mark.parametrize(
        "piece", ["<", "<a ", '<a "', "<!--", "<script>", "<div x='", "<ul><li>", "<pre>\n", "&", "</"]
    )
    def test_hostile_markup_is_read_in_linear_time(self, piece: str) -> None:
        """No tag that stays open costs more than its length."""
        assert cpu_seconds(lambda: text_of("<html>" + piece * 100_000)) < 5


class TestOwnNames:
    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("nct_no;Brief Title;Eligibility Criteria;Min Age;Gender", "NCT00000001;Socks;Cold feet;18;F"),
            ("TrialID\tofficial_title\tcriteria\tminimum_age\tsex", "NCT00000001\tSocks\tCold feet\t18 Years\tFemale"),
            ("registry_id,title,eligibility_text,agemin,gender", "NCT00000001,Socks,Cold feet,18 Years,female"),
        ],
    )
    def test_usual_names_of_columns_are_known(self, header: str, row: str) -> None:
        """Tables of people who have named their columns themselves."""
        (record,) = read_many(f"{header}\n{row}")
        assert isinstance(record, Record)
        assert (record.trial_id, record.title, eligibility(record)) == ("NCT00000001", "Socks", "Cold feet")
        assert record.registry.minimum_age is not None and record.registry.minimum_age.value == 18
        assert record.registry.sex == "female"

    def test_two_columns_of_criteria_make_a_section(self) -> None:
        """As two fields of a registry do."""
        record = read(
            {"id": "T1", "Inclusion Criteria": "1. Cold feet", "exclusion_criteria": "1. Frostbite", "phase": "2"}
        )
        assert (eligibility(record), record.registry.phase) == (HEADED, "Phase 2")

    def test_own_names_count_before_others(self) -> None:
        """Of several names for one field the first in the table counts."""
        record = read({"eligibility": "a", "criteria": "b", "official_title": "long", "brief_title": "short"})
        assert (eligibility(record), record.title) == ("a", "short")

    def test_fields_may_stand_in_a_registry_object(self) -> None:
        """Criteria beside an object of the structured fields."""
        record = read(
            {"id": "T1", "criteria": "Cold feet", "registry": {"min_age": "18 Years", "sex": "All", "healthy": "No"}}
        )
        assert (record.trial_id, record.registry.sex, record.registry.healthy_volunteers) == ("T1", "all", False)
        assert record.registry.minimum_age is not None


class TestFieldValues:
    @pytest.mark.parametrize(
        "written", ["no limit", "?", "??", "-", "/", "ND", "No Limit(No Limit)", "Years", "0", "N/A", ""]
    )
    def test_no_limit(self, written: str) -> None:
        """What registries write for no limit."""
        assert values.age(written, upper=False) is None

    @pytest.mark.parametrize(
        ("written", "value", "unit"),
        [
            (">= 20age old", 20, "years"),
            ("< 75age not", 75, "years"),
            ("19 Year(s)", 19, "years"),
            ("19(Year)", 19, "years"),
            ("18.00 Year(s)", 18, "years"),
            ("20years-old", 20, "years"),
            ("6 Month(s)", 6, "months"),
            ("28 Days", 28, "days"),
            ("15 Minutes", 15, "minutes"),
        ],
    )
    def test_ages(self, written: str, value: float, unit: str) -> None:
        """Ages as they stand in ICTRP."""
        age = values.age(written, upper=False)
        assert age is not None and (age.value, age.unit, age.text) == (value, unit, written)

    @pytest.mark.parametrize(
        ("written", "sex"),
        [
            ("<br>Female: yes<br>Male: yes<br>", "all"),
            ("<br>Female: no<br>Male: yes<br>", "male"),
            ("Both males and females", "all"),
            ("Both, male and female", "all"),
            ("BOTH", "all"),
            ("-", None),
        ],
    )
    def test_sexes(self, written: str, sex: str | None) -> None:
        """Sexes as they stand in ICTRP."""
        assert values.sex(written) == sex

    @pytest.mark.parametrize(
        ("written", "phase"),
        [
            ("2-3", "Phase 2/Phase 3"),
            ("Phase II/III", "Phase 2/Phase 3"),
            ("Human pharmacology (Phase I): no\nTherapeutic exploratory (Phase II): yes\n", "Phase 2"),
            ("Retrospective study", None),
        ],
    )
    def test_phases(self, written: str, phase: str | None) -> None:
        """Phases as they stand in ICTRP."""
        assert values.phase([written]) == phase


class TestSniffing:
    def test_formats_are_named(self) -> None:
        """Every reader can be asked for."""
        assert {"ictrp", "ictrp-xml", "ctis", "euctr", "euctr-text", "isrctn", "isrctn-xml", "registry-page"} <= set(
            formats()
        )
        assert read(ICTRP_XML, format="ictrp-xml").trial_id == ICTRP["TrialID"]
        assert read(PROTOCOL, format="euctr-text").trial_id == "2020-000000-00-NL"

    @pytest.mark.parametrize("field", ["Inclusion_Criteria", "Exclusion_Criteria"])
    def test_a_text_that_is_none_is_refused(self, field: str) -> None:
        """The message names the field."""
        with pytest.raises(MalformedInput, match=field.lower()):
            read(ICTRP | {field: ["a"]})


@needs_records
class TestSharedRecords:
    def test_every_record_is_read_with_its_fields(self) -> None:
        """All records of these formats: texts as given, ages and sexes understood, spans inside the texts."""
        ours = ("ictrp", "isrctn", "ctis", "euctr")
        with gzip.open(SHARED / "registry" / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
            records = [r for r in map(json.loads, lines) if r["format"].startswith(ours)]
        assert len(records) == 1273
        for given in records:
            record = read(given["record"])
            assert not isinstance(record, CritparseError)
            assert record.source_format == given["format"].partition("_")[0]
            assert (record.trial_id or "").removeprefix("ISRCTN") in given["id"]
            if record.source_format == "ictrp":
                assert eligibility(record) == given["criteria"]
            fields = given["registry"]
            for name, upper in (("min_age", False), ("max_age", True)):
                found = record.registry.maximum_age if upper else record.registry.minimum_age
                assert found == values.age(fields[name], upper=upper)
            if fields["sex"]:
                assert record.registry.sex == values.sex(fields["sex"]) is not None
            for text in record.texts:
                assert text.span(0, len(text.text)).end <= len(text.raw)
