"""Trials as pages: that they are whole, stand alone, lead where they say, and that a record can do no harm in them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import TEXT, hostile, page_of, trial
from support import FIRST_TRIAL, Page, Run
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

import critparse
from critparse.exports.html.blocks import Placed, blocks, placed
from critparse.exports.html.page import Pages, html_files
from critparse.schema import Criterion, Note, ParsedTrial, Span, Unstructured
from critparse.schema.rule import Subject

HTML = ("--to", "html", "--no-model")


class _Html(SingleFileSnapshotExtension):
    """A snapshot as the page itself, without its styles."""

    _write_mode = WriteMode.TEXT
    file_extension = "html"


@pytest.fixture(scope="module")
def parsed() -> ParsedTrial:
    """A record with a contradiction, a sub-list, and words that nothing reads."""
    return trial()


def plain(markup: str) -> str:
    """The words of a piece of the page, without what the page adds to a text."""
    added = r'<a class="ref.*?</a>|<span class="label.*?</span>'
    words = re.sub(r"<[^>]*>", "", re.sub(added, "", markup, flags=re.DOTALL))
    return (
        words.replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&#34;", '"')
        .replace("&#39;", "'")
        .replace("&amp;", "&")
    )


class TestContent:
    def test_the_text_is_whole(self, parsed: ParsedTrial) -> None:
        """The words of the rows, one after the other, are those of the text."""
        given_words = re.findall(r'<div class="given" dir="auto">(.*?)</div>', page_of(parsed), re.DOTALL)
        assert "".join("".join(map(plain, given_words)).split()) == "".join(TEXT.split())

    def test_every_criterion_is_explained_once(self, parsed: ParsedTrial) -> None:
        """In the order of the text, those of sub-lists under their parents."""
        names = re.findall(r'<h4><span class="cid">(.*?)</span>', page_of(parsed))
        assert names == [criterion.id for criterion in parsed.walk()]
        assert {"I2", "I2.1", "E2"} <= set(names)

    def test_rule_stands_beside_the_words(self, parsed: ParsedTrial) -> None:
        """The row of a criterion has its words, and its rule in words."""
        out = page_of(parsed)
        row = next(piece for piece in out.split('<div class="row ') if ">I2.2<" in piece)
        assert "ALT > 3 x ULN" in plain(row) and "ALT > 3 × ULN" in plain(row)
        assert re.search(r'<div class="given".*</div>.*<div class="reading">', row, re.DOTALL)

    def test_what_is_not_read_is_shown(self, parsed: ParsedTrial) -> None:
        """Words kept as text are marked where they stand, listed with the reason, and counted at the top."""
        out = page_of(parsed)
        marked = "".join(plain(words) for words in re.findall(r'<span class="[^"]*unread[^"]*">(.*?)</span>', out))
        (row,) = (piece for piece in out.split('<div class="row ') if ">I3<" in piece)
        assert "Blarbification of the quuxes" in marked and "(no known entity or limit)" in plain(row)
        unread = [leaf for one in parsed.criteria if isinstance(leaf := one.rule, Unstructured)]
        assert unread and re.search(r'<span class="number">\d+</span> kept as text', out)

    def test_codes_of_concepts_are_listed(self, parsed: ParsedTrial) -> None:
        """Each code with its system, beside the mention it belongs to."""
        row = next(piece for piece in page_of(parsed).split('<div class="row ') if ">I2.1<" in piece)
        assert "<code>MESH:D008180</code>" in row and "rituximab" in row and "<code>DOID:9074</code>" in row

    def test_types_are_written_out(self) -> None:
        """A mention is told by its label in words, not by colour alone; negation, too."""
        out = page_of(critparse.parse({"id": "X", "eligibility": "Inclusion criteria:\n- No diabetes mellitus"}))
        assert re.search(r'>diabetes mellitus</span><span class="label entity condition">Condition', out)

    def test_findings_have_passages_side_by_side(self, parsed: ParsedTrial) -> None:
        """A conflict shows the field and the criteria; numbers in the text lead to it, and back."""
        out = page_of(parsed)
        assert any(finding.severity == "error" for finding in parsed.findings)
        (table, *_) = re.findall(r'<table class="sides".*?</table>', out, re.DOTALL)
        assert "16 Years" in table and "18 to 75" in plain(table)
        assert f'<span class="number">{len(parsed.criteria) + 2}</span> criteria' in out

    def test_line_breaks_in_markup_are_no_rows(self) -> None:
        """Between two criteria, ``<br>`` is a line break and nothing to look at."""
        text = "Inclusion Criteria:<br>- Asthma<br>- Gout<br><br>"
        out = page_of(critparse.parse({"id": "X", "eligibility": text}, model=False))
        assert "no criterion" not in out and out.count('class="row aside heading"') == 1

    def test_texts_without_criteria_are_there(self, parsed: ParsedTrial) -> None:
        """Whole, under their own names."""
        assert "Texts without criteria" in page_of(parsed) and ">Prose.<" in page_of(parsed)

    def test_record_without_criteria(self) -> None:
        """The page says so, and shows the text."""
        out = page_of(critparse.parse({"id": "X", "title": "Gout", "description": "Prose."}, model=False))
        assert "No criteria were found." in out and ">Prose.<" in out

    def test_same_page_twice(self, parsed: ParsedTrial) -> None:
        """Byte for byte."""
        assert page_of(parsed, parsed) == page_of(parsed, parsed)

    def test_first_trial(self, snapshot: SnapshotAssertion) -> None:
        """NCT01741857 as it was when somebody last looked; ``pytest --snapshot-update`` writes it anew."""
        first = critparse.parse(FIRST_TRIAL, model=False)
        first = first.model_copy(update={"parser": first.parser.model_copy(update={"version": "0"})})
        out = re.sub(r"critparse \d[\w.+-]*\. Offsets", "critparse 0. Offsets", html_files(first)[".html"])
        out = re.sub(r"sha256-[^']*", "sha256-", re.sub(r"<style>.*?</style>", "<style></style>", out, flags=re.DOTALL))
        assert out == snapshot(extension_class=_Html)


class TestForm:
    def test_it_stands_alone(self, parsed: ParsedTrial) -> None:
        """No script, no resource, no inline style; the policy allows the style sheet by its hash and nothing else."""
        for out in (page_of(parsed), page_of(parsed, parsed)):
            page = Page(out)
            assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
            assert not {"src", "style", "onclick", "srcset"} & {name for _, given in page.tags for name in given}
            (style,) = page.text_of("style")
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri" in page.values("content")[0]

    def test_links_lead_somewhere(self, parsed: ParsedTrial) -> None:
        """Every id is there once, every link has a target; a single trial has no overview."""
        for out in (page_of(parsed), page_of(parsed, parsed), page_of(parsed, unreadable=1)):
            page = Page(out)
            ids = page.values("id")
            assert len(ids) == len(set(ids))
            assert set(page.values("href")) <= {f"#{name}" for name in ids}
        assert "overview" not in Page(page_of(parsed)).values("id")

    def test_structure_is_accessible(self, parsed: ParsedTrial) -> None:
        """Language, one main and one first heading, headings without gaps, headers of tables with a scope."""
        page = Page(page_of(parsed, parsed))
        tags = [tag for tag, _ in page.tags]
        assert ("html", {"lang": "en"}) in page.tags and (tags.count("main"), tags.count("h1")) == (1, 1)
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
        assert all("scope" in given for tag, given in page.tags if tag == "th")

    def test_missing_records_are_said(self, parsed: ParsedTrial) -> None:
        """What could not be read is counted in the overview, also beside a single trial."""
        assert "1 input or record could not be read, and is not here" in page_of(parsed, unreadable=1)
        assert "2 inputs or records could not be read, and are not here" in page_of(parsed, parsed, unreadable=2)


class TestHarm:
    def test_words_never_become_markup(self) -> None:
        """Wherever a document has room for words, they stay words; controls show, directions do not leak."""
        for out in (page_of(hostile()), page_of(hostile(), hostile())):
            page = Page(out)
            assert not {"script", "img", "svg"} & {tag for tag, _ in page.tags}
            assert not [name for _, given in page.tags for name in given if name.startswith("on")]
            assert len(page.text_of("style")) == len(page.text_of("title")) == 1
            assert not set("\x1b\u202e\u2066") & set(out)
            assert "&lt;script&gt;alert(1)" in out and "␛[31m" in out

    @pytest.mark.parametrize(
        "text", ["\x00", "\ud800", "<", "<!--", "&lt;b&gt;", "{{ 7 * 7 }}{% raw %}", "]]>", "\r\n\t"]
    )
    def test_odd_texts_are_shown_as_they_are(self, text: str) -> None:
        """Broken markup, template syntax, halves of characters: words like any others."""
        words = f"Inclusion criteria:\n- Gout {text} flares\n"
        document = critparse.parse({"id": "X", "eligibility": "Inclusion criteria:\n- Gout"}, model=False)
        shown = document.texts[0].model_copy(update={"text": words})
        out = page_of(document.model_copy(update={"texts": (shown,), "title": text}))
        Page(out)
        out.encode("utf-8")
        assert "49" not in out or "{{ 7 * 7 }}" in plain(out)

    def test_a_huge_criterion_is_no_trouble(self) -> None:
        """A line of a megabyte becomes a page of about its size."""
        long = critparse.parse({"id": "X", "eligibility": "Inclusion criteria:\n- " + "gout " * 20_000}, model=False)
        assert len(page_of(long)) < 20_000_000


spans = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: tuple(sorted(pair)))


class TestBlocks:
    @given(st.lists(spans, max_size=6), st.lists(spans, max_size=4))
    def test_cover_the_text(self, criteria: list[tuple[int, int]], notes: list[tuple[int, int]]) -> None:
        """However criteria and notes lie: no gap, no overlap, and each criterion begins once."""
        items = [Placed(criterion(start, end), number, 0) for number, (start, end) in enumerate(criteria, 1)]
        found = list(blocks(20, items, [note(start, end) for start, end in notes]))
        assert [offset for block in found for offset in range(block.start, block.end)] == list(range(20))
        assert sorted(block.item.number for block in found if block.item and block.first) == [i.number for i in items]

    def test_belong_to_the_innermost(self, parsed: ParsedTrial) -> None:
        """What stands in a sub-list is its member's, and the rest its parent's."""
        items = [item for item in placed(parsed) if item.criterion.span.text_id == "eligibility"]
        words = {
            block.item.criterion.id: TEXT[block.start : block.end].strip()
            for block in blocks(len(TEXT), items, parsed.notes)
            if block.item and block.first
        }
        assert words["I2"] == "- One of the following:" and words["I2.1"] == "- SLE without prior rituximab"


def criterion(start: int, end: int) -> Criterion:
    """A criterion at a place."""
    rule = Unstructured(subject=Subject(text=""), reason="")
    return Criterion(
        id="I1", kind="inclusion", span=Span(text_id="eligibility", start=start, end=end), text="", rule=rule
    )


def note(start: int, end: int) -> Note:
    """A note at a place."""
    return Note(span=Span(text_id="eligibility", start=start, end=end), reason="separator")


class TestCommand:
    def write(self, folder: Path, *names: str, broken: bool = False) -> None:
        """A file of JSON lines."""
        lines = [json.dumps({"id": name, "eligibility": TEXT}) for name in names]
        folder.joinpath("in.jsonl").write_text("\n".join([*lines, *(["{"] if broken else [])]), encoding="utf-8")

    def test_parse_and_export_write_the_same(self, run: Run, tmp_path: Path) -> None:
        """``parse --format html`` and ``export --to html``, to a file or to standard output."""
        self.write(tmp_path, "A1", "B2")
        code, out, _ = run("parse", "in.jsonl", "--format", "html", "--no-model")
        assert code == 0 and out.startswith("<!doctype html>") and out.count("<article") == 2
        assert run("export", "in.jsonl", *HTML)[1] == out
        assert run("export", "in.jsonl", *HTML, "-o", "out.html")[:2] == (0, "")
        assert (tmp_path / "out.html").read_text(encoding="utf-8") == out

    def test_folder_has_an_index(self, run: Run, tmp_path: Path) -> None:
        """A page for each trial with a link to the index, which has a row for each and counts what is missing."""
        self.write(tmp_path, "A1", "index", "../B2", broken=True)
        code, _, err = run("export", "in.jsonl", *HTML, "-o", "pages/")
        assert code == 2 and "line 4" in err
        assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == [
            "A1.html",
            "_B2.html",
            "index-2.html",
            "index.html",
        ]
        index = Page((tmp_path / "pages" / "index.html").read_text(encoding="utf-8"))
        targets = [target for target in index.values("href") if not target.startswith("#")]
        assert targets == ["A1.html", "index-2.html", "_B2.html"]
        assert any("1 input or record could not be read" in words for _, words in index.words)
        assert "index.html" in Page((tmp_path / "pages" / "A1.html").read_text(encoding="utf-8")).values("href")

    def test_nothing_read_leaves_an_old_page_alone(self, run: Run, tmp_path: Path) -> None:
        """Unreadable input is said, and the page of yesterday stays."""
        (tmp_path / "old.html").write_text("old")
        assert run("export", "missing.json", *HTML, "-o", "old.html")[0] == 2
        assert (tmp_path / "old.html").read_text() == "old"

    def test_a_fault_costs_one_record(self, run: Run, tmp_path: Path) -> None:
        """A document whose spans point nowhere is named; the others are written."""
        self.write(tmp_path, "A1", "B2")
        lines = run("parse", "in.jsonl", "--format", "jsonl", "--no-model")[1].splitlines()
        broken = json.loads(lines[0])
        broken["criteria"][0]["span"]["text_id"] = broken["criteria"][0]["rule"]["evidence"][0]["text_id"] = "none"
        (tmp_path / "parsed.jsonl").write_text(json.dumps(broken) + "\n" + lines[1], encoding="utf-8")
        code, out, err = run("export", "parsed.jsonl", "--to", "html")
        assert code in (0, 2) and "<h2" in out and ">B2<" in out and err.count("\n") <= 2


@pytest.mark.slow
def test_memory_does_not_grow_with_trials(parsed: ParsedTrial) -> None:
    """Three hundred trials on one page need what thirty need."""

    class Sink(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    def peak(number: int) -> int:
        tracemalloc.start()
        with Pages(Sink) as pages:
            for _ in range(number):
                pages.add(parsed)
            pages.end()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(3)  # what is loaded once
    assert peak(300) < peak(30) + 2_000_000
