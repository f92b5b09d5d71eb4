"""Texts as given and as read, and the way back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critparse.sources.clean import CleanText, guessed, markdown, plain

FRAGMENTS = [
    "\\",
    "&",
    ";",
    "amp;",
    "gt;",
    "lt;",
    "#60;",
    "#x2265;",
    "nbsp;",
    "nosuch;",
    ">",
    "*",
    ".",
    " ",
    "\r\n",
    "a",
    "8",
    "≥",
    "𝛼",
]
raw_texts = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join) | st.text(max_size=60)


def _read(raw: str) -> CleanText:
    return markdown("t", "Text", raw)


@st.composite
def _texts_with_offsets(draw: st.DrawFn) -> tuple[CleanText, int, int]:
    clean = _read(draw(raw_texts))
    start = draw(st.integers(0, len(clean.text)))
    return clean, start, draw(st.integers(start, len(clean.text)))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"Platelets \>100 and \<= 400", "Platelets >100 and <= 400"),
        (r"weight \&gt; 50 kg, \&lt;90", "weight > 50 kg, <90"),
        (r"8\. footnote\*", "8. footnote*"),
        ("a &lt; b &amp;gt; c &amp; d", "a < b > c & d"),
        ("&#8805; 3 &#x3B1;", "≥ 3 α"),
        (r"both\and \\ neither", r"both\and \ neither"),
        ("R&D; AT&T &nosuch; &", "R&D; AT&T &nosuch; &"),
        (r"\&nosuch; \&amp;nosuch;", "&nosuch; &nosuch;"),
        ("&#0; &#xD800; &#7;", "\ufffd \ufffd &#7;"),
        ("", ""),
    ],
)
def test_markdown_undoes_escapes_and_entities(raw: str, text: str) -> None:
    """Escapes and entities are undone once, anything that only looks like one stays."""
    assert _read(raw).text == text


def test_span_covers_whole_escapes() -> None:
    """The backslash and the whole entity belong to the character they stand for, their neighbours do not."""
    clean = _read(r"x \>5 \&lt; y")
    assert clean.text == "x >5 < y"
    spans = {
        part: clean.span(clean.text.index(part), clean.text.index(part) + len(part))
        for part in (">", ">5", "5", "<", "y")
    }
    slices = {part: clean.source().slice(span) for part, span in spans.items()}
    assert slices == {">": r"\>", ">5": r"\>5", "5": "5", "<": r"\&lt;", "y": "y"}


@given(_texts_with_offsets())
def test_span_reads_back_as_the_same_text(case: tuple[CleanText, int, int]) -> None:
    """The raw slice of any span, read on its own, gives the text of the span."""
    clean, start, end = case
    assert _read(clean.source().slice(clean.span(start, end))).text == clean.text[start:end]


@given(raw_texts)
def test_spans_of_single_characters_tile_the_raw_text(raw: str) -> None:
    """Character by character the spans follow one another without a gap, from the first raw character to the last."""
    clean = _read(raw)
    spans = [clean.span(i, i + 1) for i in range(len(clean.text))]
    assert all(a.end == b.start and a.end > a.start for a, b in pairwise(spans))
    assert not spans or (spans[0].start, spans[-1].end) == (0, len(clean.raw))


@given(_texts_with_offsets())
def test_span_is_made_of_its_characters(case: tuple[CleanText, int, int]) -> None:
    """A span begins where its first character begins and ends where its last one ends."""
    clean, start, end = case
    span = clean.span(start, end)
    if start == end:
        assert span.start == span.end
    else:
        assert (span.start, span.end) == (clean.span(start, start + 1).start, clean.span(end - 1, end).end)


@given(st.text(), st.data())
def test_plain_changes_nothing(raw: str, data: st.DataObject) -> None:
    """A plain text is read as it is given, and its spans are its offsets."""
    clean = plain("t", "Text", raw)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    span = clean.span(start, end)
    assert (clean.text, clean.raw, span.text_id, span.start, span.end) == (raw, raw, "t", start, end)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 1), (0, 4)])
def test_span_outside_the_text_is_refused(start: int, end: int) -> None:
    """Offsets that are reversed or outside the text are a mistake of the caller."""
    with pytest.raises(ValueError, match="no span"):
        plain("t", "Text", "abc").span(start, end)


def test_lone_surrogates_are_replaced_in_place() -> None:
    """A lone surrogate becomes U+FFFD, so that the text can be written; nothing moves."""
    clean = plain("t", "Text", "a\ud800b")
    assert clean.raw == clean.text == "a\ufffdb"
    assert clean.source().model_dump_json()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"age \>18, see 8\.", "age >18, see 8."),
        (r"age > 18 and\or 8\.", r"age > 18 and\or 8\."),
        ("a &lt; 3", "a < 3"),
    ],
)
def test_guessed_undoes_escapes_only_where_a_text_shows_them(raw: str, text: str) -> None:
    r"""A text of unknown origin is markdown when it holds an escaped comparison sign."""
    assert guessed("t", "Text", raw).text == text


@pytest.mark.parametrize("raw", ["&" * 200_000, "\\" * 200_001, "&amp;" * 40_000, "&" + "a" * 200_000, "\\&#" * 70_000])
def test_markdown_is_linear_on_hostile_text(raw: str) -> None:
    """Long runs of half escapes are read in one pass."""
    clean = _read(raw)
    assert clean.span(0, len(clean.text)).end == len(raw)
