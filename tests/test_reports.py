"""The reports of ``critparse check``: what each format holds, and that a record can do no harm in it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import FIRST_TRIAL, ROOT, Page, Run

import critparse
from critparse import checks
from critparse.checks import SEVERITIES, catalogue
from critparse.checks.fingerprint import fingerprints
from critparse.checks.triage import Judged, Policy, Triage
from critparse.cli.messages import counted
from critparse.exports.html.highlight import Mark, segments
from critparse.exports.passages import CONTEXT, Passages
from critparse.exports.reports import FORMATS, Report, Summary, report, writer
from critparse.exports.reports.sheet import COLUMNS, harmless
from critparse.schema import Evidence, FieldEvidence, Finding, ParsedTrial, Severity, SpanEvidence

CODE, OTHER = (check.code for check in catalogue()[:2])
BIDI = "\u202e\u2066\u061c"
HOSTILE = "<script>alert(1)</script></mark></style><img src=x onerror=alert(1)>"
TEXT = "Inclusion criteria:\n- Age 18 to 75 years\n- Weight > 50 kg\n\nExclusion criteria:\n- Age below 21 years\n"


def finding(
    *evidence: Evidence, severity: Severity = "error", code: str = CODE, message: str = "They differ."
) -> Finding:
    """A finding of the tests' own."""
    return Finding(
        code=code, severity=severity, message=message, suggestion="Decide.", check_version="1", evidence=evidence
    )


def passage(text: str, words: str, text_id: str = "eligibility") -> SpanEvidence:
    """The first place of the words in a text."""
    start = text.index(words)
    return SpanEvidence(text_id=text_id, start=start, end=start + len(words))


def trial(*findings: Finding, text: str = TEXT, **fields: Any) -> ParsedTrial:
    """A parsed record with findings put in."""
    record = {"id": "T1", "title": "A study", "minimum_age": "16 Years", "eligibility": text} | fields
    return critparse.parse(record, model=False).model_copy(update={"findings": findings})


@pytest.fixture(scope="module")
def conflict() -> ParsedTrial:
    """A record with a field against two criteria, and a remark on one of them."""
    ages = (FieldEvidence(field="minimum_age", value="16 Years"), passage(TEXT, "18 to 75"), passage(TEXT, "below 21"))
    return trial(finding(*ages), finding(passage(TEXT, "Age 18 to 75 years"), severity="info", code=OTHER))


def written(format: str, *trials: ParsedTrial, triage: Triage | None = None, source: str = "in.jsonl") -> str:
    """The report on some trials of one file."""
    stream, summary, triage = io.StringIO(newline=""), Summary(), triage or Triage()
    with writer(format, lambda: stream) as result:
        for number, one in enumerate(trials, 1):
            made = report(source, Path(source), number, one, triage.judge(one, one.trial_id or "?"))
            summary.add(made)
            result.add(made)
        result.end(summary)
        return stream.getvalue()


class TestPage:
    def test_it_stands_alone(self, conflict: ParsedTrial) -> None:
        """No script, no resource, no inline style; the policy allows the style sheet by its hash and nothing else."""
        page = Page(written("html", conflict))
        assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
        assert not {"src", "style", "onclick", "srcset"} & {name for _, given in page.tags for name in given}
        assert all(target.startswith("#") for target in page.values("href"))
        (style,) = page.text_of("style")
        assert "url(" not in style and "@import" not in style
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = next(
            given["content"] for _, given in page.tags if given.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"

    def test_anchors_lead_both_ways(self, conflict: ParsedTrial) -> None:
        """Every id is there once, every link leads somewhere, every passage in a text leads back to its finding."""
        page = Page(written("html", conflict, conflict))
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        assert {target[1:] for target in page.values("href")} <= set(ids)
        links = [given for tag, given in page.tags if tag == "a"]
        back = {given["id"]: given["href"] for given in links if "id" in given}
        assert back == {
            f"r{record}{name}": f"#r{record}{target}"
            for record in (1, 2)
            for name, target in {"f1e2": "f1", "f1e3": "f1", "f2e1": "f2"}.items()
        }
        assert {f"#{name}" for name in back} <= {given["href"] for given in links}

    def test_passages_stand_side_by_side(self, conflict: ParsedTrial) -> None:
        """Registry field, list, narrative: a column each, with the criterion's id and the words around."""
        told = trial(
            finding(
                passage(TEXT, "Weight > 50 kg", "description"),
                FieldEvidence(field="minimum_age", value="16 Years"),
                passage(TEXT, "18 to 75"),
            ),
            description=TEXT,
        )
        out = written("html", told)
        (table,) = re.findall(r'<table class="sides".*?</table>', out, re.DOTALL)
        assert re.findall(r'<th scope="col">(.*?)</th>', table) == [
            "Registry field minimum age",
            *(text.label for text in told.texts if text.id in {"eligibility", "description"}),
        ]
        assert re.findall(r'<span class="cid">(.*?)</span> inclusion', table) == ["I1", "description:I2"]
        assert '- Age <mark class="error">18 to 75</mark> years' in table

    def test_many_passages_are_put_together(self) -> None:
        """More than three passages stand below each other in the columns of their sides."""
        words = ("18 to 75", "Weight", "50 kg", "below 21")
        out = written("html", trial(finding(*(passage(TEXT, word) for word in words))))
        (table,) = re.findall(r'<table class="sides".*?</table>', out, re.DOTALL)
        assert re.findall(r'<th scope="col">(.*?)</th>', table) == ["List of criteria"]
        assert re.findall(r"<mark[^>]*>(.*?)</mark>", table) == list(words)

    def test_many_more_passages_are_folded(self) -> None:
        """Of more than six passages five are in view, the rest behind a click."""
        words = ("Age 18", "to 75", "years", "Weight", "> 50", "kg", "below 21")
        out = written("html", trial(finding(*(passage(TEXT, word) for word in words))))
        (table,) = re.findall(r'<table class="sides".*?</table>', out, re.DOTALL)
        shown, _, folded = table.partition("<details><summary>2 more passages</summary>")
        assert [one.count("<mark") for one in (shown, folded)] == [5, 2]

    def test_broken_characters_are_shown_as_they_are(self) -> None:
        """What critparse mends to read it is quoted as the record has it, too; else nobody sees what is wrong."""
        broken = "Zoë".encode().decode("mac_roman")
        told = critparse.parse({"id": "X", "eligibility": f"Inclusion Criteria:\n\n* Seen by {broken}\n"}, model=False)
        assert "characters-destroyed" in {one.code for one in told.findings}
        assert f"lost here: “Seen by {broken}”" in written("html", told)
        assert f'in the record: <code dir="auto">Seen by {broken}</code>' in written("html", told)

    def test_texts_are_whole(self, conflict: ParsedTrial) -> None:
        """Without labels and numbers, the highlighted text is the text."""
        out = written("html", conflict)
        text = re.findall(r'<div class="text" dir="auto">(.*?)</div>', out, re.DOTALL)[0]  # those with passages first
        plain = re.sub(r"<[^>]*>", "", re.sub(r'<span class="cid">.*?</span> |<a class="ref.*?</a>', "", text))
        assert plain == TEXT.replace(">", "&gt;")
        assert '<mark class="info">Age </mark><a class="ref error"' in text
        assert '<mark class="error several">18 to 75</mark><mark class="info"> years</mark>' in text

    def test_escapes_of_the_source_are_undone(self) -> None:
        """A reader sees ``>``, in messages, passages and texts."""
        text = "Inclusion Criteria:\n\n* Age \\>= 18 years\n* Gout"
        out = written("html", trial(finding(passage(text, "\\>= 18"), message="Not “\\>= 18”."), text=text))
        assert "\\" not in Page(out).text_of("mark") and out.count("&gt;= 18") == 3 and "\\&gt;" not in out

    def test_markup_of_records_is_text(self) -> None:
        """Wherever a record's words go, they stay words; control characters show, directions do not leak."""
        text = f"Inclusion criteria:\n- {HOSTILE} age 18\x1b[31m{BIDI}\n- Gout"
        evidence = (passage(text, HOSTILE), FieldEvidence(field=HOSTILE, value=HOSTILE + BIDI))
        wrong = trial(
            finding(*evidence, message=HOSTILE + BIDI), text=text, id='"><svg onload=x>', title=HOSTILE + BIDI
        )
        for out in (
            written("html", wrong, source=HOSTILE),
            written("html", wrong, trial(id=HOSTILE, title=HOSTILE), triage=Triage(Policy(ignore=["*"]))),
        ):
            page = Page(out)
            assert not {"script", "img", "svg"} & {tag for tag, _ in page.tags}
            assert not set(BIDI + "\x1b") & set(out)
            assert not [name for _, given in page.tags for name in given if name.startswith("on")]
            assert "&lt;script&gt;alert(1)" in out
        assert "␛[31m" in written("html", wrong)

    def test_structure_is_accessible(self, conflict: ParsedTrial) -> None:
        """Language, landmarks, headings without gaps, headers of tables with a scope, findings in words."""
        page = Page(written("html", conflict, trial(), trial(id="T3")))
        assert ("html", {"lang": "en"}) in page.tags
        tags = [tag for tag, _ in page.tags]
        assert (tags.count("main"), tags.count("h1")) == (1, 1) and {"header", "nav", "footer"} <= set(tags)
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
        assert all("scope" in given for tag, given in page.tags if tag == "th")
        assert "error" in page.text_of("span") and "info" in page.text_of("span")

    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    def test_colours_have_contrast(self, scheme: int) -> None:
        """Every ink on every ground it is used on: 4.5 to 1 at least."""
        css = (ROOT / "src/critparse/exports/html/templates/page.css").read_text()
        blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", blocks[scheme]))
        pairs = [(ink, ground) for ink in ("ink", "quiet", "link") for ground in ("ground", "raised")]
        for severity in SEVERITIES:
            pairs += [(severity, f"{severity}-ground"), ("ink", f"{severity}-ground")]
        families = ("condition", "drug", "procedure", "measurement", "observation", "value", "time", "other")
        pairs += [(family, ground) for family in families for ground in ("ground", "raised")]
        assert {pair: ratio for pair in pairs if (ratio := contrast(*(colours[name] for name in pair))) < 4.5} == {}

    def test_records_without_findings_are_only_named(self, conflict: ParsedTrial) -> None:
        """The overview counts all records; only those with findings have a part of their own."""
        out = written("html", conflict, trial(id="CLEAN1"), trial(id="CLEAN2"))
        assert "3 records checked, 1 with findings." in out and "2 records without findings" in out
        assert out.count("<article") == 1 and out.count("CLEAN1") == 1

    def test_suppressed_findings_are_counted_and_listed(self, conflict: ParsedTrial) -> None:
        """In the overview and in the record, with the reason."""
        out = written("html", conflict, triage=Triage(Policy(ignore=[OTHER])))
        assert "1 finding suppressed by ignore." in out and "1 suppressed finding<" in out
        assert f"<code>{OTHER}</code> (by ignore)" in out


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, as WCAG defines it."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class TestHighlights:
    @given(
        st.lists(
            st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(list(SEVERITIES))).map(
                lambda drawn: (*sorted(drawn[:2]), drawn[2])
            ),
            max_size=8,
        ),
        st.lists(st.integers(0, 30), max_size=4),
    )
    def test_pieces_make_up_the_text(self, drawn: list[tuple[int, int, Severity]], starts: list[int]) -> None:
        """However passages nest and overlap: nothing lost, each begins once, each character under its worst mark."""
        text = "".join(chr(ord("a") + place) for place in range(26)) + "WXYZ"
        marks = [Mark(start, end, severity, number, 1) for number, (start, end, severity) in enumerate(drawn)]
        pieces = list(segments(text, marks, starts))
        assert "".join(piece.text for piece in pieces) == text
        assert sorted(mark.finding for piece in pieces for mark in piece.begins) == list(range(len(marks)))
        assert sorted(mark.finding for piece in pieces for mark in piece.ends) == [
            number for number, mark in enumerate(marks) if mark.end
        ]
        assert set(starts) <= {piece.start for piece in pieces}
        place = 0
        for piece in pieces:
            for offset in range(place, place + len(piece.text)):
                around = [mark.kind for mark in marks if mark.start <= offset < mark.end]
                assert piece.severity == min(around, key=lambda severity: SEVERITIES[severity], default=None)
                assert piece.overlapping == (len(around) > 1)
            place += len(piece.text)

    def test_context_is_bounded(self) -> None:
        """Around a passage stands its criterion, cut between words; a long passage is cut in its middle."""
        long = " ".join(f"word{number}" for number in range(400))
        text = f"Inclusion criteria:\n- Gout\n- {long} age 18 {long}\n"
        found = trial(text=text)
        quote = Passages(found).of(passage(text, "age 18")).quote
        assert quote.before.startswith("… word") and quote.after.endswith(" …")
        assert max(len(quote.before), len(quote.after)) <= CONTEXT + 2 and "Gout" not in quote.before
        whole = Passages(found).of(passage(text, long)).quote.words
        assert len(whole) < 1000 and whole.startswith("word0 ") and " … " in whole and whole.endswith("word399")


class TestSarif:
    @pytest.fixture
    def log(self, conflict: ParsedTrial) -> dict[str, Any]:
        """The report on two records, one finding of each ignored."""
        log: dict[str, Any] = json.loads(
            written("sarif", conflict, trial(), conflict, triage=Triage(Policy(ignore=[OTHER])))
        )
        return log

    def test_rules_are_the_catalogue(self, log: dict[str, Any]) -> None:
        """Each check is a rule with its level and its words; results point to theirs."""
        run = log["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == [*(check.code for check in catalogue()), "internal-error"]
        levels = {"error": "error", "warning": "warning", "info": "note"}
        for rule, check in zip(rules, catalogue(), strict=False):
            assert rule["defaultConfiguration"]["level"] == levels[check.severity]
            assert check.title in rule["shortDescription"]["text"] and check.suggestion in rule["help"]["text"]
        assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])

    def test_regions_are_true_of_the_embedded_texts(self, log: dict[str, Any]) -> None:
        """Offsets, lines and columns cut the snippet out of the artifact that they name."""
        run = log["runs"][0]
        assert run["columnKind"] == "unicodeCodePoints"
        places = [location for result in run["results"] for location in result["relatedLocations"]]
        seen = []
        for physical in (place["physicalLocation"] for place in places if "physicalLocation" in place):
            artifact = run["artifacts"][physical["artifactLocation"]["index"]]
            assert artifact["location"]["uri"] == physical["artifactLocation"]["uri"]
            assert run["artifacts"][artifact["parentIndex"]]["location"]["uri"] == "in.jsonl"
            text, region = artifact["contents"]["text"], physical["region"]
            words = text[region["charOffset"] : region["charOffset"] + region["charLength"]]
            line = text.split("\n")[region["startLine"] - 1]
            assert region["startLine"] == region["endLine"]
            assert words == region["snippet"]["text"] == line[region["startColumn"] - 1 : region["endColumn"] - 1]
            seen.append(words)
        assert seen == ["18 to 75", "below 21", "Age 18 to 75 years"] * 2
        embedded = [artifact["location"]["uri"] for artifact in run["artifacts"][1:]]
        assert embedded == ["/T1/eligibility", "/record-3/T1/eligibility"]

    def test_results_name_file_and_places(self, log: dict[str, Any]) -> None:
        """The file, for services; record, text and criterion, for people."""
        result = log["runs"][0]["results"][0]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {"index": 0, "uri": "in.jsonl"}
        names = [place["fullyQualifiedName"] for place in location["logicalLocations"]]
        assert names == ["T1/registry/minimum_age", "T1/eligibility/I1", "T1/eligibility/E1"]
        assert result["message"]["text"] == "T1: They differ. Decide."
        assert [place["id"] for place in result["relatedLocations"]] == [1, 2, 3]

    def test_suppressed_results_say_so(self, log: dict[str, Any]) -> None:
        """All results have the property, so that an empty one means "not suppressed"."""
        run = log["runs"][0]
        found = [result["suppressions"] for result in run["results"]]
        ignored = [{"kind": "external", "justification": "suppressed by ignore"}]
        assert found == [[], ignored, [], ignored]
        (notice,) = run["invocations"][0]["toolExecutionNotifications"]
        assert notice["message"]["text"] == "2 findings suppressed by ignore."
        assert run["invocations"][0]["executionSuccessful"] is True

    def test_messages_make_no_links(self) -> None:
        """What a record says is neither a link nor a placeholder."""
        log = json.loads(written("sarif", trial(finding(message="See [here](https://x.example) {0} [a] \x1b."))))
        said = log["runs"][0]["results"][0]["message"]["text"]
        assert said == "T1: See \\[here](https://x.example) {{0}} [a] ␛. Decide."

    def test_log_fits_the_schema(self, run: Run, log: dict[str, Any]) -> None:
        """The official schema accepts it (CRITPARSE_SARIF_SCHEMA names the file, e.g. of npm's sarif-multitool)."""
        path = os.environ.get("CRITPARSE_SARIF_SCHEMA")
        if not path:
            pytest.skip("CRITPARSE_SARIF_SCHEMA does not name the JSON schema of SARIF 2.1.0")
        schema = json.loads(Path(path).read_text(encoding="utf-8"))
        validator = jsonschema.validators.validator_for(schema)(schema)
        real = run("check", str(FIRST_TRIAL), "missing.txt", "--format", "sarif")[1]
        empty = written("sarif")
        for made in (log, json.loads(real), json.loads(empty)):
            assert [error.message for error in validator.iter_errors(made)] == []


class TestSheet:
    def test_a_finding_is_a_row(self, conflict: ParsedTrial) -> None:
        """Header, then the findings; line ends as RFC 4180 wants them."""
        out = written("csv", conflict, trial())
        assert out.count("\r\n") == 3 and out.replace("\r\n", "").count("\n") == 0
        first, *_ = csv.DictReader(io.StringIO(out, newline=""))
        assert tuple(first) == COLUMNS
        label = next(text.label for text in conflict.texts if text.id == "eligibility")
        assert (first["trial_id"], first["record"], first["severity"], first["code"]) == ("T1", "1", "error", CODE)
        assert (first["fields"], first["criteria"]) == ("minimum_age = 16 Years", "I1; E1")
        assert first["evidence"] == (
            f"registry field minimum_age: “16 Years” | {label}, I1: “18 to 75” | {label}, E1: “below 21”"
        )

    @pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1", "=cmd|' /C calc'!A0"])
    def test_formulas_are_text(self, cell: str) -> None:
        """What a spreadsheet would compute stands behind an apostrophe."""
        assert harmless(cell) == f"'{cell.strip()}"
        assert harmless("a=1") == "a=1"

    def test_titles_cannot_be_formulas(self) -> None:
        """Nor break out of their row."""
        out = written("csv", trial(finding(), title='=HYPERLINK("http://x")\n"a",b', id="-1"))
        (row,) = csv.DictReader(io.StringIO(out, newline=""))
        assert row["title"] == '\'=HYPERLINK("http://x") "a",b' and row["trial_id"] == "'-1"


class TestRows:
    def test_array_and_lines_say_the_same(self, conflict: ParsedTrial) -> None:
        """One object a record, with quotes and fingerprints; what is suppressed is listed."""
        triage = Triage(Policy(ignore=[OTHER]))
        rows = json.loads(written("json", conflict, trial(), triage=triage))
        assert [json.loads(line) for line in written("jsonl", conflict, trial(), triage=triage).splitlines()] == rows
        assert [len(row["findings"]) for row in rows] == [1, 0]
        assert rows[0]["findings"][0]["quotes"] == ["16 Years", "18 to 75", "below 21"]
        prints = list(fingerprints(conflict, conflict.findings, "T1"))
        assert rows[0]["findings"][0]["fingerprint"] == prints[0]
        assert rows[0]["suppressed"] == [{"code": OTHER, "by": "ignore", "fingerprint": prints[1]}]

    def test_array_is_indented_json(self, conflict: ParsedTrial) -> None:
        """As if it had been written whole; empty without records."""
        out = written("json", conflict, trial())
        assert out == json.dumps(json.loads(out), ensure_ascii=False, indent=2) + "\n"
        assert written("json") == "[]\n"


class TestTable:
    def test_single_record_is_shown_whatever_it_has(self) -> None:
        """And needs no summary."""
        out = written("table", trial())
        assert out.startswith("T1") and "No findings" in out and "checked" not in out

    def test_many_records_are_summed_up(self, conflict: ParsedTrial) -> None:
        """Records without findings are only counted; the counts by code come last."""
        out = written("table", trial(id="CLEAN"), conflict, conflict, trial(id="CLEAN"))
        assert "CLEAN" not in out and out.count("A study") == 2
        lines = out[out.index("severity") :].splitlines()
        assert [line.split() for line in lines[:3]] == [
            ["severity", "code", "findings", "records"],
            ["ERROR", CODE, "2", "2"],
            ["INFO", OTHER, "2", "2"],
        ]
        assert lines[-1] == "4 records checked, 2 with findings"

    def test_suppressed_findings_are_said(self, conflict: ParsedTrial) -> None:
        """Of one record too."""
        out = written("table", conflict, triage=Triage(Policy(ignore=["*"])))
        assert "No findings" in out and out.endswith("2 findings suppressed by ignore\n")


class TestCommand:
    LINES = "".join(
        json.dumps({"id": name, "minimum_age": age, "eligibility": "Inclusion:\n- Age at least 18 years"}) + "\n"
        for name, age in (("A1", "30 Years"), ("B2", "18 Years"))
    )

    @pytest.mark.parametrize("format", FORMATS)
    def test_output_file_holds_what_would_be_printed(self, run: Run, tmp_path: Path, format: str) -> None:
        """``-o`` writes the same bytes, and prints none."""
        (tmp_path / "in.jsonl").write_text(self.LINES)
        code, printed, _ = run("check", "in.jsonl", "--no-model", "-f", format)
        assert code == 1 and "age-minimum-conflict" in printed
        assert run("check", "in.jsonl", "--no-model", "-f", format, "-o", "out")[:2] == (1, "")
        assert (tmp_path / "out").read_bytes().decode() == printed

    def test_summary_is_all_there_is(self, run: Run, tmp_path: Path) -> None:
        """As a table, and as an object; other formats have none."""
        (tmp_path / "in.jsonl").write_text(self.LINES + "{\n")
        code, out, _ = run("check", "in.jsonl", "--no-model", "--summary", "--select", "age-minimum-conflict")
        assert code == 2 and "2 records checked, 1 with findings\n1 input or record could not be read" in out
        assert "A1" not in out and re.search(r"^ERROR +age-minimum-conflict +1 +1$", out, re.MULTILINE)
        out = run("check", "in.jsonl", "--no-model", "--summary", "-f", "json", "--select", "age-minimum-conflict")[1]
        counts = json.loads(out)
        assert (counts["records"], counts["with_findings"], counts["unreadable"]) == (2, 1, 1)
        assert {"severity": "error", "code": "age-minimum-conflict", "findings": 1, "records": 1} in counts["codes"]
        assert run("check", "in.jsonl", "--summary", "-f", "html")[0] == 2

    def test_old_reports_survive_unreadable_input(self, run: Run, tmp_path: Path) -> None:
        """A report is opened when there is something to say; an input is never overwritten."""
        (tmp_path / "old.html").write_text("old")
        (tmp_path / "in.jsonl").write_text(self.LINES)
        assert run("check", "missing.txt", "-f", "html", "-o", "old.html")[0] == 2
        assert (tmp_path / "old.html").read_text() == "old"
        code, _, err = run("check", "in.jsonl", "--no-model", "-f", "csv", "-o", "in.jsonl")
        assert code == 2 and "one of the inputs" in err and (tmp_path / "in.jsonl").read_text() == self.LINES

    def test_a_fault_costs_one_record(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A finding that nobody can show (its text does not exist) leaves the others' report whole."""

        def look(trial: ParsedTrial) -> tuple[Finding, ...]:
            place = SpanEvidence(text_id="none" if trial.trial_id == "A1" else "eligibility", start=0, end=3)
            return (finding(place),)

        monkeypatch.setattr(checks, "run", look)
        (tmp_path / "in.jsonl").write_text(self.LINES)
        code, out, err = run("check", "in.jsonl", "--no-model", "-f", "json")
        assert code == 2 and [row["trial_id"] for row in json.loads(out)] == ["B2"]
        assert err.startswith("critparse: A1 failed with an internal error") and err.count("\n") == 1

    @pytest.mark.parametrize("watched", [True, False])
    def test_progress_counts_records(self, watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """One source may hold thousands: its records are counted, for people who watch; the records are the same."""

        class Stream(io.StringIO):
            def isatty(self) -> bool:
                return watched

        stream = Stream()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm-256color")
        assert list(counted([3, 2], lambda size: iter(range(size)), "counting")) == [0, 1, 2, 0, 1]
        assert ("5 records" in stream.getvalue()) is watched

    def test_failures_are_in_the_log(self, run: Run, tmp_path: Path) -> None:
        """SARIF says that the run was not complete."""
        (tmp_path / "in.jsonl").write_text(self.LINES + "{\n")
        code, out, _ = run("check", "in.jsonl", "--no-model", "-f", "sarif")
        (invocation,) = json.loads(out)["runs"][0]["invocations"]
        assert code == 2 and invocation["executionSuccessful"] is False
        assert invocation["toolExecutionNotifications"][0]["level"] == "error"


class Sink(io.TextIOBase):
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


def peak(format: str, template: ParsedTrial, number: int) -> int:
    """The most bytes in use while a report on so many records is written."""

    def reports() -> Iterator[Report]:
        judged = [Judged(found, f"{place:016x}") for place, found in enumerate(template.findings)]
        for count in range(number):
            copy = template.model_copy(update={"trial_id": f"T{count}"}, deep=True)
            yield report("in.jsonl", Path("in.jsonl"), count + 1, copy, judged)

    tracemalloc.start()
    try:
        summary = Summary()
        with writer(format, Sink) as result:  # type: ignore[arg-type]
            for one in reports():
                summary.add(one)
                result.add(one)
            result.end(summary)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestSize:
    @pytest.mark.slow
    @pytest.mark.parametrize("format", FORMATS)
    def test_memory_does_not_grow_with_records(self, format: str, conflict: ParsedTrial) -> None:
        """Two thousand records need what a hundred need (but for caches of rich); kept, they would need 70 MB."""
        peak(format, conflict, 10)  # what is loaded once
        few, many = peak(format, conflict, 100), peak(format, conflict, 2000)
        assert many < few + 2_000_000

    @pytest.mark.slow
    def test_page_of_a_huge_record_grows_with_its_findings(self) -> None:
        """Thousands of findings in a megabyte, one around them all: the page is made in passing over it once."""
        line = "- Age 18 to 75 years and more words of the criterion\n"
        text = "Inclusion criteria:\n" + line * 20_000
        places = range(len("Inclusion criteria:\n"), len(text), len(line))[:5_000]
        base = trial(text="Inclusion criteria:\n- Gout")
        source = base.texts[0].model_copy(update={"text": text})
        found = [finding(SpanEvidence(text_id="eligibility", start=place + 2, end=place + 20)) for place in places]
        found.append(finding(SpanEvidence(text_id="eligibility", start=0, end=len(text))))
        out = written("html", base.model_copy(update={"texts": (source,), "criteria": (), "findings": tuple(found)}))
        assert out.count('<a class="ref error"') == 5_001
        assert len(out) < 2 * len(text) + 5_001 * 2_000


def test_same_report_twice(conflict: ParsedTrial) -> None:
    """Reports hold no date and no chance: the same bytes each time."""
    for name in FORMATS:
        assert written(name, conflict, trial()) == written(name, conflict, trial())
