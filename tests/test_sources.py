"""Readers, the sniffer, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import FIRST_TRIAL, SHARED

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
from critparse.sources import Record, formats, read, read_many, values
from critparse.sources.clean import markdown, plain

CORPUS = FIRST_TRIAL
needs_shared = pytest.mark.skipif(
    not (SHARED / "registry").is_dir(),
    reason="no shared registry records: set CRITPARSE_SHARED or put ../shared beside",
)

PLAIN = "Inclusion Criteria:\n- Age 18 or older\n\nExclusion Criteria:\n- Pregnancy\n"
STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A  Study\nof Tea", "officialTitle": "Longer"},
        "descriptionModule": {"briefSummary": "Tea \\& health.", "detailedDescription": "Given \\> 3 cups."},
        "conditionsModule": {"conditions": ["Thirst", "Fatigue"]},
        "designModule": {"phases": ["PHASE2", "PHASE1"], "enrollmentInfo": {"count": 40, "type": "ACTUAL"}},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Age \\>= 18\n1\\. BMI \\&lt; 30",
            "healthyVolunteers": True,
            "sex": "FEMALE",
            "minimumAge": "18 Years",
            "maximumAge": "6 Months",
        },
    }
}
SIMPLE: dict[str, Any] = {
    "id": "T-1",
    "title": "Tea",
    "conditions": ["Thirst"],
    "minimum_age": "18 Years",
    "maximum_age": None,
    "sex": "Both",
    "healthy_volunteers": "No",
    "eligibility": PLAIN,
    "description": None,
}
PAGE = """Some Register

Menu

Tea in the Afternoon

T

Tea Institute

Status and phase

Completed
Early Phase 1

Conditions

Thirst
Fatigue

Treatments

Drug: tea

Study type

Interventional

Identifiers

NCT00000002
TEA-2

Details and patient eligibility

About

Does tea help?

Full description

Two things matter:

Ages

and cups.

Inclusion Criteria:

  1. Likes tea

Enrollment

120 patients

Sex

Female

Ages

18+ years old

Volunteers

Accepts Healthy Volunteers

Inclusion criteria

  • Thirsty
    • for an hour

Exclusion criteria

  • Coffee

Trial design

Primary purpose

Treatment

Trial contacts and locations

2
"""


def _texts(record: Record) -> dict[str, str]:
    return {text.id: text.text for text in record.texts}


def _age(value: object, *, upper: bool = False) -> tuple[float, str] | None:
    limit = values.age(value, upper=upper)
    return limit and (limit.value, limit.unit)


class TestPage:
    def test_the_corpus_record_is_read_whole(self) -> None:
        """All fields of the saved page, and its texts as slices of it."""
        page = CORPUS.read_text(encoding="utf-8")
        record = read(CORPUS)
        registry = record.registry
        assert (record.trial_id, record.source_format) == ("NCT01741857", "page")
        assert record.title and record.title.startswith("Umbilical Cord Derived Mesenchymal Stem Cells")
        assert registry.minimum_age and (registry.minimum_age.value, registry.minimum_age.text) == (
            15,
            "15 to 60 years old",
        )
        assert registry.maximum_age and (registry.maximum_age.value, registry.maximum_age.unit) == (60, "years")
        assert (registry.sex, registry.healthy_volunteers, registry.enrollment) == ("all", False, 40)
        assert (registry.conditions, registry.phase) == (("Systemic Lupus Erythematosus",), "Phase 1/Phase 2")
        assert [text.id for text in record.texts] == ["eligibility", "description", "summary", "title"]
        assert all(text.raw == text.text and text.raw in page for text in record.texts)
        assert record.texts[0].raw.startswith("Inclusion criteria\n\n  •")
        assert record.texts[0].raw.endswith("male or female who intended to recent pregnancy")
        assert record.texts[1].raw.startswith("Inclusion Criteria:\n\n  1. All patients")
        assert record.texts[1].raw.endswith("12 months following treatment")

    def test_headings_inside_the_description_are_not_fields(self) -> None:
        """A line "Ages" in prose has no age below it, so the description goes on."""
        record = read(PAGE)
        assert record.registry.minimum_age and record.registry.minimum_age.value == 18
        assert _texts(record) == {
            "eligibility": "Inclusion criteria\n\n  • Thirsty\n    • for an hour\n\nExclusion criteria\n\n  • Coffee",
            "description": "Two things matter:\n\nAges\n\nand cups.\n\nInclusion Criteria:\n\n  1. Likes tea",
            "summary": "Does tea help?",
            "title": "Tea in the Afternoon",
        }
        assert record.registry.model_dump(exclude={"minimum_age"}) == {
            "maximum_age": None,
            "sex": "female",
            "healthy_volunteers": True,
            "conditions": ("Thirst", "Fatigue"),
            "enrollment": 120,
            "phase": "Early Phase 1",
        }

    def test_crlf_pages_keep_their_line_ends(self) -> None:
        """Line ends belong to the text as given."""
        record = read(PAGE.replace("\n", "\r\n").encode())
        assert record.source_format == "page"
        assert record.texts[0].raw.startswith("Inclusion criteria\r\n\r\n  • Thirsty\r\n")
        assert record.registry.enrollment == 120

    def test_a_page_without_criteria_has_an_empty_eligibility_text(self) -> None:
        """What the page does not have is empty, not an error."""
        page = PAGE[: PAGE.index("Inclusion criteria\n")] + PAGE[PAGE.index("Trial design") :]
        record = read(page)
        assert (record.source_format, record.texts[0].text) == ("page", "")

    @pytest.mark.parametrize("cut", range(0, len(PAGE), 40))
    def test_a_page_cut_anywhere_is_still_read(self, cut: int) -> None:
        """Neither half of a page makes the reader fail."""
        for part in (PAGE[:cut], PAGE[cut:]):
            if part.strip():
                record = read(part, format="page")
                assert all(text.raw in part or text.id == "title" for text in record.texts)


class TestCtgovV2:
    def test_a_study_is_read_with_its_markdown_undone(self) -> None:
        """Fields, texts without escapes, and the texts as given behind them."""
        record = read(STUDY)
        assert (record.trial_id, record.title, record.source_format) == ("NCT00000001", "A Study of Tea", "ctgov-v2")
        assert _texts(record) == {
            "eligibility": "Inclusion Criteria:\n\n* Age >= 18\n1. BMI < 30",
            "description": "Given > 3 cups.",
            "summary": "Tea & health.",
            "title": "A Study of Tea",
            "official_title": "Longer",
        }
        assert record.texts[0].raw == STUDY["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
        assert record.registry.model_dump() == {
            "minimum_age": {"value": 18.0, "unit": "years", "text": "18 Years"},
            "maximum_age": {"value": 6.0, "unit": "months", "text": "6 Months"},
            "sex": "female",
            "healthy_volunteers": True,
            "conditions": ("Thirst", "Fatigue"),
            "enrollment": 40,
            "phase": "Phase 1/Phase 2",
        }

    @pytest.mark.parametrize("form", ["object", "text", "bytes", "utf-8-sig", "utf-16", "indented"])
    def test_every_form_of_the_same_json_reads_the_same(self, form: str) -> None:
        """A dict, its JSON text and its bytes in any encoding give one record."""
        text = json.dumps(STUDY, ensure_ascii=False)
        forms: dict[str, Any] = {
            "object": STUDY,
            "text": text,
            "bytes": text.encode(),
            "utf-8-sig": text.encode("utf-8-sig"),
            "utf-16": text.encode("utf-16"),
            "indented": json.dumps(STUDY, indent=2).replace("\n", "\r\n"),
        }
        assert read(forms[form]) == read(STUDY)

    @pytest.mark.parametrize(
        "protocol", [{}, {"eligibilityModule": None}, {"eligibilityModule": [1], "designModule": "x"}]
    )
    def test_what_is_missing_is_null(self, protocol: dict[str, Any]) -> None:
        """A study without eligibility is a record with an empty eligibility text."""
        record = read({"protocolSection": protocol})
        assert [(text.id, text.raw) for text in record.texts] == [("eligibility", "")]
        assert (record.trial_id, record.registry.minimum_age, record.registry.sex) == (None, None, None)

    def test_a_text_field_that_is_no_text_is_refused(self) -> None:
        """A list where the criteria should be is not silently dropped."""
        with pytest.raises(MalformedInput, match="eligibilityCriteria holds list"):
            read({"protocolSection": {"eligibilityModule": {"eligibilityCriteria": ["a"]}}})

    def test_a_page_of_studies_is_read_one_by_one(self) -> None:
        """The API's list of studies gives as many records; reading it as one is refused."""
        page = {"studies": [STUDY, {"x": 1}, STUDY], "nextPageToken": "t"}
        first, bad, last = read_many(page)
        assert isinstance(first, Record) and first == last
        assert isinstance(bad, UnknownFormat)
        assert "record 2" in str(bad)
        with pytest.raises(InputError, match="several records"):
            read(page)

    @needs_shared
    def test_all_real_records_are_read(self) -> None:
        """Every v2 record of the shared registry data: ids and criteria as given, spans exact to the escape."""
        count = 0
        with gzip.open(SHARED / "registry" / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
            for given_record in map(json.loads, lines):
                if given_record["format"] != "v2_json":
                    continue
                count += 1
                record = read(given_record["record"])
                assert record.trial_id == given_record["id"]
                assert record.texts[0].raw == given_record["criteria"]
                for text in record.texts[:1]:
                    for start in range(0, len(text.text), 11):
                        span = text.span(start, min(start + 7, len(text.text)))
                        assert markdown("", "", text.raw[span.start : span.end]).text == text.text[start : start + 7]
        assert count == 190

    @needs_shared
    def test_all_real_files_are_read(self) -> None:
        """Every untouched file as the registry serves it."""
        for path in sorted((SHARED / "registry" / "originals" / "v2").glob("*.json")):
            record = read(path)
            assert (record.trial_id, record.source_format) == (path.stem, "ctgov-v2")
            assert record.texts[0].text.strip()


class TestSimple:
    def test_a_simple_record_is_read(self) -> None:
        """Its fields and texts; what is null stays null."""
        record = read(SIMPLE)
        assert (record.trial_id, record.title, record.source_format) == ("T-1", "Tea", "simple")
        assert _texts(record) == {"eligibility": PLAIN, "title": "Tea"}
        assert record.registry.minimum_age and record.registry.minimum_age.text == "18 Years"
        assert (record.registry.maximum_age, record.registry.sex, record.registry.healthy_volunteers) == (
            None,
            "all",
            False,
        )
        assert record.registry.conditions == ("Thirst",)

    def test_without_eligibility_its_text_is_empty(self) -> None:
        """Other known fields are enough to recognise a simple record."""
        record = read(json.dumps({"id": 7, "title": "Tea"}))
        assert (record.trial_id, _texts(record)) == ("7", {"eligibility": "", "title": "Tea"})

    def test_json_lines_give_a_record_or_an_error_each(self) -> None:
        """One bad line comes as an error in its place, named by its number, and the next line is read."""
        lines = "\n".join([json.dumps(SIMPLE), '{"id": "cut', "", "[1]", json.dumps(STUDY)])
        records = list(read_many(lines))
        assert [type(record).__name__ for record in records] == ["Record", "MalformedInput", "MalformedInput", "Record"]
        assert "line 2" in str(records[1]) and "line 4" in str(records[2])
        assert isinstance(records[3], Record) and records[3].source_format == "ctgov-v2"

    def test_json_lines_files_are_read_line_by_line(self, tmp_path: Path) -> None:
        """The bound holds for a line, not for the file; a line too long or no text is an error of its own."""
        path = tmp_path / "many.jsonl"
        line = json.dumps(SIMPLE).encode()
        path.write_bytes(b"\xef\xbb\xbf" + line + b"\n" + b"x" * 5000 + b"\n" + line + b"\n\n\x00\x01\n" + line)
        records = list(read_many(path, max_bytes=1000))
        assert [type(record).__name__ for record in records] == [
            "Record",
            "InputTooLarge",
            "Record",
            "BinaryInput",
            "Record",
        ]
        with pytest.raises(InputError, match="several records"):
            read(path, max_bytes=1000)

    def test_json_arrays_give_a_record_each(self) -> None:
        """An array on several lines, with a member that is no object; an array of one is one record."""
        array = json.dumps([SIMPLE, "text", {}], indent=1)
        assert [type(record).__name__ for record in read_many(array)] == ["Record", "MalformedInput", "UnknownFormat"]
        assert read(json.dumps([SIMPLE])) == read("[\n" + json.dumps(SIMPLE) + "\n]") == read(SIMPLE)

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_tables_give_a_record_for_each_row(self, delimiter: str, tmp_path: Path) -> None:
        """Quoted cells hold line ends, delimiters and quotes; a ragged row is an error with its line."""
        rows = [
            ["ID", "Title", "minimum_age", "eligibility"],
            ["1", '"a ""b"" c"', "18 Years", f'"Inclusion:\r\n- x{delimiter} y\r\n"'],
            ["2", "too short"],
            ["", "", "", ""],
            ["3", "", "", "Over 18"],
        ]
        path = tmp_path / "trials.csv"
        path.write_text("\r\n".join(delimiter.join(row) for row in rows), encoding="utf-8-sig", newline="")
        first, bad, last = read_many(path)
        assert isinstance(first, Record) and isinstance(last, Record)
        assert (first.trial_id, first.title) == ("1", 'a "b" c')
        assert first.texts[0].raw == f"Inclusion:\r\n- x{delimiter} y\r\n"
        assert isinstance(bad, MalformedInput) and "line 5" in str(bad)
        assert (last.trial_id, last.title, last.texts[0].raw) == ("3", None, "Over 18")

    @given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), min_size=1, max_size=5))
    def test_any_cell_survives_a_table(self, rows: list[tuple[str, str]]) -> None:
        """Whatever is quoted by the rules comes back as it went in."""
        written = [[f"x{cell}".replace("\0", " ") for cell in row] for row in rows]
        quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in written]
        records = list(read_many("eligibility,description\n" + "\n".join(quoted)))
        assert [[r.texts[0].raw, r.texts[1].raw] for r in records if isinstance(r, Record)] == [
            [plain("", "", cell).raw for cell in row] for row in written
        ]


class TestSniffing:
    @pytest.mark.parametrize(
        ("source", "format"),
        [
            (PLAIN, "text"),
            ("[Inclusion criteria]\n- age", "text"),
            ("{not JSON at all", "text"),
            ("Age, sex and title do not matter", "text"),
            (PAGE, "page"),
            (json.dumps(STUDY), "ctgov-v2"),
            (json.dumps(SIMPLE), "simple"),
            ("\ufeff" + PLAIN, "text"),
            ("title,eligibility\nTea,Adults", "simple"),
        ],
    )
    def test_the_format_is_recognised(self, source: str, format: str) -> None:
        """Each format from its content alone, and plain text as the last resort."""
        assert read(source).source_format == format

    def test_a_string_is_never_a_path(self) -> None:
        """A string is the text itself, even when it is the name of a file."""
        assert read(str(CORPUS)).texts[0].raw == str(CORPUS)

    def test_a_named_format_is_obeyed(self) -> None:
        """JSON read as text is its own text."""
        text = json.dumps(SIMPLE)
        assert read(text, format="text").texts[0].raw == text
        assert {"page", "ctgov-v2", "simple", "text"} <= set(formats())

    @pytest.mark.parametrize("source", [PLAIN, PAGE, SIMPLE, "[]  x"])
    def test_a_named_format_that_does_not_fit_is_refused(self, source: Any) -> None:
        """What is not of the named format is malformed, not reinterpreted."""
        with pytest.raises(InputError):
            read(source, format="ctgov-v2")

    @pytest.mark.parametrize("format", ["page", "text"])
    def test_a_dict_is_not_a_text(self, format: str) -> None:
        """A text format cannot read an object."""
        with pytest.raises(MalformedInput, match="should be text"):
            read(SIMPLE, format=format)


class TestRefusals:
    @pytest.mark.parametrize("source", ["", " \n\t", b"", b"\xef\xbb\xbf", "[]", {"studies": []}])
    def test_empty_input(self, source: Any) -> None:
        """Nothing to read is an error of its own."""
        with pytest.raises(EmptyInput):
            read(source)

    @pytest.mark.parametrize(
        "source",
        [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"abc\0def",
            "abc\0def",
            bytes(range(128, 256)),
            b"\xff\xfe\x00",
            b"%PDF-1.7 x",
            b"\x1f\x8bgz",
        ],
    )
    def test_binary_input(self, source: str | bytes) -> None:
        """Bytes that are no text in any encoding."""
        with pytest.raises(BinaryInput):
            read(source)

    @pytest.mark.parametrize("cut", [1, 20, 100, 300, -2])
    def test_truncated_json_says_where(self, cut: int) -> None:
        """A JSON text that ends too early is malformed, with its position."""
        with pytest.raises(MalformedInput, match=r"as JSON: line \d+, column \d+: .*cut off"):
            read(json.dumps(STUDY)[:cut])

    @pytest.mark.parametrize("text", ['{"a":' * 100_000, "[{" + '"a":[{' * 100_000, '{"id": ' + "9" * 5000 + "}"])
    def test_hostile_json(self, text: str) -> None:
        """Deep nesting and endless numbers are malformed input."""
        with pytest.raises(MalformedInput):
            read(text)

    @pytest.mark.parametrize("source", [{}, {"foo": 1}, '{"foo": {"bar": 2}}', {"title": "one field is not enough"}])
    def test_json_of_unknown_shape(self, source: Any) -> None:
        """An object that no reader knows; the message lists what is known."""
        with pytest.raises(UnknownFormat, match="ctgov-v2"):
            read(source)

    def test_unknown_format_name(self) -> None:
        """A format that does not exist."""
        with pytest.raises(UnknownFormat, match="'docx'"):
            read(PLAIN, format="docx")

    def test_too_large(self, tmp_path: Path) -> None:
        """The bound holds for texts, bytes and files, and for files before they are read."""
        path = tmp_path / "big.txt"
        path.write_text("x" * 101)
        for source in ("x" * 101, b"x" * 101, path):
            with pytest.raises(InputTooLarge, match="101 bytes exceed the limit of 100"):
                read(source, max_bytes=100)
        with pytest.raises(InputTooLarge):
            read("x" * 20_000_001)

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        """A missing file, a directory, an impossible name: one clear error each, at the call."""
        with pytest.raises(InputNotFound, match=r"nothing\.txt: no such file"):
            read_many(tmp_path / "nothing.txt")
        with pytest.raises(InputNotFound):
            read_many(tmp_path / "nothing.jsonl")
        with pytest.raises(InputNotFound):
            read(Path("a\0b"))
        with pytest.raises(InputError, match="it is a directory"):
            read(tmp_path)
        with pytest.raises(InputError, match="name too long"):
            read(tmp_path / ("x" * 5000))

    def test_a_json_file_without_json_is_malformed(self, tmp_path: Path) -> None:
        """What a file's name claims is held against it."""
        for name in ("a.json", "a.csv"):
            (tmp_path / name).write_text("Adults over 18")
            with pytest.raises(MalformedInput):
                read(tmp_path / name)

    @given(
        st.binary(max_size=300) | st.text(max_size=300) | st.dictionaries(st.text(max_size=3), st.none() | st.text())
    )
    def test_anything_is_read_or_refused_with_a_typed_error(self, source: Any) -> None:
        """No input whatever raises anything but an error of critparse."""
        try:
            results: list[object] = list(read_many(source))
        except CritparseError as error:
            results = [error]
        assert all(isinstance(result, Record | CritparseError) for result in results)
        assert not any("\n" in str(result) for result in results if isinstance(result, CritparseError))


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_unicode_encodings(self, encoding: str) -> None:
        """With or without byte order mark; the mark is not part of the text."""
        text = "Inclusion: HbA1c ≥ 7 %\r\nnaïve patients\r\n"
        assert read(text.encode(encoding)).texts[0].raw == text

    def test_windows_text(self) -> None:
        """Bytes that are not UTF-8 but look like text are read as Windows-1252."""
        assert read("Fever ± 1 °C, naïve – yes".encode("cp1252")).texts[0].raw == "Fever ± 1 °C, naïve – yes"

    def test_utf8_cut_inside_a_character(self) -> None:
        """Only the cut character is lost, and visibly."""
        assert read("Age ≥ 18, platelets ≥".encode()[:-1]).texts[0].raw == "Age ≥ 18, platelets \ufffd"

    def test_lone_surrogates(self) -> None:
        """Escaped halves of characters in JSON do not reach the document."""
        record = read('{"id": "x\\ud800", "eligibility": "Age \\udfff 18"}')
        assert (record.trial_id, record.texts[0].raw) == ("x\ufffd", "Age \ufffd 18")


class TestValues:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("18 Years", (18, "years")),
            ("1 Year", (1, "years")),
            ("6 Months", (6, "months")),
            ("2 weeks", (2, "weeks")),
            ("3 Days", (3, "days")),
            ("12 Hours", (12, "hours")),
            ("30 Minutes", (30, "minutes")),
            ("19 Year(s)", (19, "years")),
            (">= 20age old", (20, "years")),
            ("20years-old", (20, "years")),
            ("18", (18, "years")),
            (18, (18, "years")),
            (0.5, (0.5, "years")),
            ("99 Months", (99, "months")),
        ],
    )
    def test_ages_as_registries_write_them(self, value: object, expected: tuple[float, str]) -> None:
        """Number and unit; a bare number means years."""
        assert _age(value, upper=False) == _age(value, upper=True) == expected

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "",
            " ",
            "N/A",
            "n/a",
            "no limit",
            "No Limit",
            "Not applicable",
            "0",
            0,
            "0 Days",
            "-",
            "/",
            "?",
            "ND",
            "Years",
        ],
    )
    def test_ages_that_say_there_is_no_limit(self, value: object) -> None:
        """They are null, on both sides."""
        assert _age(value, upper=False) is _age(value, upper=True) is None

    @pytest.mark.parametrize("value", ["99 Years", "100 Years", "120", "130 years", "999 Years"])
    def test_maximum_ages_that_nobody_exceeds_are_no_limit(self, value: str) -> None:
        """As a minimum they would be taken at their word."""
        assert _age(value, upper=True) is None
        assert _age(value, upper=False) is not None

    @pytest.mark.parametrize(
        "value", [True, [], {}, "eighteen", "18 furlongs", "18 Years 6 Months", float("nan"), "1e9", 10**3000]
    )
    def test_ages_not_understood_are_null(self, value: object) -> None:
        """Nothing is guessed and nothing raised."""
        assert _age(value) is None

    def test_an_age_keeps_what_the_record_wrote(self) -> None:
        """For findings that quote the field."""
        limit = values.age("18 Years", upper=False)
        assert limit and limit.text == "18 Years"

    @pytest.mark.parametrize(
        ("value", "low", "high"),
        [
            ("15 to 60 years old", (15, "years"), (60, "years")),
            ("18+ years old", (18, "years"), None),
            ("18 years and older", (18, "years"), None),
            ("Up to 17 years old", None, (17, "years")),
            ("Under 5 years old", None, (5, "years")),
            ("6 months to 2 years old", (6, "months"), (2, "years")),
            ("2 to 11 months old", (2, "months"), (11, "months")),
            ("18 to 100 years old", (18, "years"), None),
            ("18-65 years", (18, "years"), (65, "years")),
            ("18 to N/A", (18, "years"), None),
            ("All", None, None),
            ("tall to small", None, None),
        ],
    )
    def test_age_ranges_of_one_field(
        self, value: str, low: tuple[float, str] | None, high: tuple[float, str] | None
    ) -> None:
        """Both ends, the unit of the second holding for the first when that has none."""
        assert tuple(limit and (limit.value, limit.unit) for limit in values.age_range(value)) == (low, high)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            *(
                (v, "all")
                for v in ("All", "ALL", "Both", "Male/Female", "Both males and females", "Female: yes<br>Male: yes")
            ),
            *((v, "female") for v in ("Female", "F", "Females", "women", "<br>Female: yes<br>Male: no<br>")),
            *((v, "male") for v in ("Male", "M", "men", "<br>Female: no<br>Male: yes<br>")),
            *((v, None) for v in (None, "", "unknown", 3, ["Male"])),
        ],
    )
    def test_sex(self, value: object, expected: str | None) -> None:
        """All the spellings; null when not understood."""
        assert values.sex(value) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            *((v, True) for v in (True, "true", "Yes", "t", "Accepts Healthy Volunteers")),
            *((v, False) for v in (False, "false", "No", "f", "No Healthy Volunteers")),
            *((v, None) for v in (None, "", "N/A", "perhaps", {})),
        ],
    )
    def test_healthy_volunteers(self, value: object, expected: bool | None) -> None:
        """All the spellings; null when not understood."""
        assert values.healthy_volunteers(value) is expected

    @pytest.mark.parametrize(
        ("given_values", "expected"),
        [
            (["PHASE2", "PHASE1"], "Phase 1/Phase 2"),
            (["EARLY_PHASE1"], "Early Phase 1"),
            (["NA"], None),
            ([], None),
            (["Completed", "Phase 4"], "Phase 4"),
        ],
    )
    def test_phases(self, given_values: list[str], expected: str | None) -> None:
        """In order, in one spelling; null when not applicable."""
        assert values.phase(given_values) == expected

    @given(st.text() | st.integers() | st.floats() | st.none() | st.lists(st.integers()))
    def test_no_value_raises(self, value: Any) -> None:
        """Whatever a field holds, it is understood or null."""
        values.age(value, upper=True)
        values.age_range(value)
        values.sex(value)
        values.healthy_volunteers(value)
        values.count(value)
