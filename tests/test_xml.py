"""Untrusted XML: what is read, what is refused, and in what bounds."""

from __future__ import annotations

import tracemalloc
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critparse.errors import MalformedInput
from critparse.sources import xml
from critparse.sources.xml import elements, looks_like_xml, text_at, texts_at

TAGS = frozenset({"trial"})


def _read(text: str) -> list[Element]:
    found = list(elements(text, "x", TAGS))
    assert all(isinstance(element, Element) for element in found), found
    return [element for element in found if isinstance(element, Element)]


def _errors(text: str) -> list[str]:
    return [str(found) for found in elements(text, "x", TAGS) if isinstance(found, MalformedInput)]


def _ids(found: list[Element]) -> list[str | None]:
    return [element.get("id") for element in found]


class TestReading:
    def test_texts_of_a_record(self) -> None:
        """Entities and character references stand for themselves; children's words belong to the text around them."""
        (trial,) = _read("<trial><a>x &lt; 3 &amp; y&#xD;\n<b>z</b>!</a><c>1</c><c>2</c><c/></trial>")
        assert text_at(trial, "a") == "x < 3 & y\r\nz!"
        assert (text_at(trial, "missing"), text_at(trial, "c"), texts_at(trial, "c")) == ("", "1", ["1", "2", ""])

    def test_records_anywhere_in_the_document(self) -> None:
        """Whatever wraps them; a record inside a record belongs to it."""
        found = _read('<all n="2"><part><trial id="1"><trial id="1.1"/></trial></part><trial id="2"/><other/></all>')
        assert _ids(found) == ["1", "2"]

    def test_several_documents_in_one_file(self) -> None:
        """Downloads that were joined, with or without declarations, with comments between them."""
        text = (
            '<?xml version="1.0"?>\n<trial id="1"/>\n<trial id="2"/><!-- next -->\n'
            '<?xml version="1.0"?><all><trial id="3"/></all>\n'
        )
        assert _ids(_read(text)) == ["1", "2", "3"]

    def test_the_declared_encoding_is_of_no_matter(self) -> None:
        """The text is decoded already."""
        (trial,) = _read('<?xml version="1.0" encoding="ISO-8859-1"?><trial>≥ é</trial>')
        assert trial.text == "≥ é"

    def test_namespaces_are_dropped(self) -> None:
        """From elements and attributes."""
        (trial,) = _read('<r:trial xmlns:r="urn:r" r:id="1"><r:a>x</r:a></r:trial>')
        assert (trial.tag, trial.get("id"), text_at(trial, "a")) == ("trial", "1", "x")

    def test_no_record(self) -> None:
        """Another document has none."""
        assert _read("<recipe><tea/></recipe>") == []

    def test_a_record_at_a_time_is_in_memory(self) -> None:
        """However many there are."""
        text = "<all>" + "<trial><a>word word word</a></trial>" * 50_000 + "</all>"
        tracemalloc.start()
        try:
            assert sum(1 for _ in elements(text, "x", TAGS)) == 50_000
            assert tracemalloc.get_traced_memory()[1] < 2 * len(text) + 20_000_000
        finally:
            tracemalloc.stop()


class TestRefusals:
    @pytest.mark.parametrize(
        "text",
        [
            '<!DOCTYPE trial [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><trial>&b;</trial>',
            '<!DOCTYPE trial [<!ENTITY a SYSTEM "file:///etc/passwd">]><trial>&a;</trial>',
            '<!DOCTYPE trial SYSTEM "http://127.0.0.1/x.dtd"><trial/>',
        ],
    )
    def test_document_types(self, text: str) -> None:
        """Nothing is declared, expanded or fetched."""
        (error,) = _errors(text)
        assert error.startswith("cannot read x as XML: line 1, column ")
        assert error.endswith(": a document type declaration is not accepted")

    def test_unknown_entity(self) -> None:
        """Only XML's own five entities exist."""
        assert _errors("<trial>\n&nbsp;</trial>") == ["cannot read x as XML: line 2, column 1: undefined entity"]

    def test_depth(self) -> None:
        """Nesting has a bound."""
        assert len(_read("<trial>" + "<a>" * 99 + "</a>" * 99 + "</trial>")) == 1
        assert "nested deeper than 100" in _errors("<trial>" + "<a>" * 100)[0]

    def test_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """So has the number of elements and attributes of a record, or of what is no record; not that of records."""
        monkeypatch.setattr(xml, "MAX_NODES", 100)
        assert len(_read("<all>" + ("<trial>" + "<a/>" * 90 + "</trial>") * 20 + "</all>")) == 20
        attributes = " ".join(f'a{number}=""' for number in range(101))
        for text in ("<trial>" + "<a/>" * 101, "<all>" + "<a/>" * 101, f"<trial><a {attributes}/></trial>"):
            assert "more than 100 elements and attributes" in _errors(text)[0]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("<all><trial>", "line 1, column 13: no element found; the input seems to be cut off"),
            ("<trial><a", "line 1, column 8: unclosed token; the input seems to be cut off"),
            ("<trial>\n  <a></b></trial>", "line 2, column 8: mismatched tag"),
            ("<trial a='1' a='2'/>", "line 1, column 14: duplicate attribute"),
        ],
    )
    def test_broken_xml_says_where(self, text: str, reason: str) -> None:
        """With line and column from 1."""
        assert _errors(text) == [f"cannot read x as XML: {reason}"]

    def test_places_in_a_later_document(self) -> None:
        """Are counted from the start of the file; what stood before the break is read."""
        found = list(elements('<trial id="1"/>\n<trial id="2"/> <trial id="3"></x>', "x", TAGS))
        assert _ids([f for f in found if isinstance(f, Element)]) == ["1", "2"]
        assert str(found[-1]) == "cannot read x as XML: line 2, column 33: mismatched tag"

    def test_junk_after_the_record(self) -> None:
        """Is an error in its place."""
        found = list(elements("<trial/>\n junk", "x", TAGS))
        assert len(found) == 2
        assert str(found[1]) == "cannot read x as XML: line 2, column 2: syntax error"

    @given(st.text("<>/trial ='\"&;!?[]-ab\n", max_size=200))
    def test_anything_ends(self, text: str) -> None:
        """Any text gives elements, and at most one error, at the end."""
        found = list(elements(text, "x", TAGS))
        assert all(isinstance(f, Element) for f in found[:-1])


class TestSniffing:
    @pytest.mark.parametrize(
        "text",
        [
            "<?xml version='1.0'?><a/>",
            " \n<clinical_study>\n  <!-- x",
            "<all rank=\"1\" n='2'>\n<a>",
            "<a_b><?x?></a_b>",
        ],
    )
    def test_xml(self, text: str) -> None:
        """A declaration, or a tag with another in it, also when the text is cut off."""
        assert looks_like_xml(text)

    @pytest.mark.parametrize(
        "text",
        [
            "<10 mg",
            "<br><br>- Adults",
            "<Inclusion>\n1. Adults",
            "<Inclusion criteria> <b>Adults</b>",
            "<p><b>Adults</b></p>",
            "<!DOCTYPE html><html><body>",
            '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html>',
            "Adults <a><b/></a>",
            "<trial" + ' b="c"' * 100_000,
        ],
    )
    def test_no_xml(self, text: str) -> None:
        """Eligibility text with signs or tags in it, and pages."""
        assert not looks_like_xml(text)
