"""``critparse concepts``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from critparse.cli.messages import complain
from critparse.cli.outputs import one_of
from critparse.cli.parse import UseVocabulary
from critparse.errors import PipelineError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from critparse.concepts.vocabularies import VocabularyLike
    from critparse.schema import Linked

EPILOG = """Examples:

critparse concepts "type II DM"

critparse concepts "no history of stroke or TIA"

critparse concepts PD --label Condition --context "idiopathic PD treated with levodopa"

critparse concepts "strong CYP3A4 inhibitors" --members

critparse concepts "warfarin for atrial fibrillation" --pipeline en_core_sci_sm

critparse concepts - --label Drug --format jsonl < drugs.txt
"""
_LABELS = ("Condition", "Drug", "Procedure", "Device", "Measurement", "Observation")
_FORMATS = ("table", "json", "jsonl", "tsv")
_LONGEST_NAME = 8  # words


def _label(value: str | None) -> str | None:
    return None if value is None else one_of(value, _LABELS)


def _format(value: str) -> str:
    return one_of(value, _FORMATS)


def concepts(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT…|-", help="Mentions, or criteria that hold some; -: one a line.")
    ],
    label: Annotated[
        str | None, typer.Option("--label", metavar="|".join(_LABELS), help="What the mention is.", callback=_label)
    ] = None,
    context: Annotated[str, typer.Option(metavar="TEXT", help="Words around it; they tell short forms apart.")] = "",
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(_FORMATS), help="What to write.", callback=_format)
    ] = "table",
    vocab: UseVocabulary = None,
    members: Annotated[bool, typer.Option("--members", help="List the drugs of a class instead.")] = False,
    pipeline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Let an installed spaCy pipeline (en_core_sci_sm …) find the mentions."),
    ] = None,
) -> None:
    """Show which concepts a text names: codes, how each was found and how sure it is, and candidates.

    A text that is no name by itself is read as a criterion, and the names in it are shown. Exit codes: 0 done, 2 bad
    usage.
    """
    from critparse.concepts.vocabularies import resolve

    vocabulary = resolve(vocab) if vocab else None
    find = _found_by(pipeline) if pipeline else lambda text: _linked(text, label, context, vocabulary)
    rows = [linked for text in _lines(texts) for linked in find(text)]
    if members:
        rows = [_members(linked) for linked in rows]
    if format == "jsonl":
        for linked in rows:
            typer.echo(linked.model_dump_json())
    elif format == "json":
        typer.echo(json.dumps([linked.model_dump(mode="json") for linked in rows], ensure_ascii=False, indent=2))
    elif format == "tsv":
        typer.echo("text\tlabel\trank\tsystem\tcode\tdisplay\tmethod\tscore")
        for cells in _cells(rows):
            typer.echo("\t".join(cell.replace("\t", " ") for cell in cells))
    else:
        from critparse.exports.terminal import show

        show(_table(rows), sys.stdout)


def _lines(texts: list[str]) -> Iterator[str]:
    for text in texts:
        if text == "-":
            yield from filter(None, (line.strip() for line in sys.stdin))
        else:
            yield text


def _linked(text: str, label: str | None, context: str, vocabulary: VocabularyLike | None) -> list[Linked]:
    """The text as one mention where it names something, else the mentions in it."""
    from critparse.concepts import link

    whole = link(text, label=label, context=context, vocabulary=vocabulary)
    if whole.concepts or label is not None:
        return [whole]
    inside = _mentions(text, vocabulary)
    if not inside and len(text.split()) > _LONGEST_NAME:
        complain(f"no mention of a concept was found in {text[:60]!r}")
    return inside or [whole]


def _found_by(pipeline: str) -> Callable[[str], list[Linked]]:
    """Links the entities that a spaCy pipeline finds. Raises PipelineError when it cannot be loaded."""
    import spacy

    from critparse.concepts.component import linked_of

    try:
        nlp = spacy.load(pipeline)
    except OSError as error:
        raise PipelineError(name=pipeline, reason=str(error).partition(".")[0]) from error
    nlp.add_pipe("critparse_concepts")
    return lambda text: [linked for _, linked in linked_of(nlp(text))]


def _members(linked: Linked) -> Linked:
    """The class's drugs in the place of its codes."""
    from critparse.concepts import members_of

    found = next(filter(None, map(members_of, linked.concepts)), ())
    if not found:
        complain(f"{linked.text!r} is no class of drugs that critparse knows")
    return linked.model_copy(update={"concepts": found, "candidates": ()})


def _mentions(text: str, vocabulary: VocabularyLike | None) -> list[Linked]:
    """What the entities of a criterion are linked to, each mention once."""
    from critparse.concepts.document import LABELS
    from critparse.parser import parse_single
    from critparse.schema import Linked

    criterion = parse_single(text, "unknown", vocabulary=vocabulary)
    found = {
        (entity.text, entity.label): Linked(
            text=entity.text, label=entity.label, concepts=entity.concepts, candidates=entity.candidates
        )
        for entity in criterion.entities
        if entity.label in LABELS and (entity.concepts or entity.candidates)
    }
    return list(found.values())


def _cells(rows: list[Linked], *, details: bool = False) -> Iterator[tuple[str, ...]]:
    """Text, label, rank, system, code, display, method and score of every code; candidates have a rank such as "?1"."""
    from critparse.concepts.codes import measured_as

    for linked in rows:
        listed = [*(("", c) for c in linked.concepts), *(("?", c) for c in linked.candidates)]
        for rank, (doubt, concept) in enumerate(listed, start=1):
            name = (measured_as(concept) if details else "") or concept.display
            code = (concept.system, concept.code, name, concept.method, f"{concept.score:.2f}")
            yield linked.text, linked.label or "", f"{doubt}{rank}", *code
        if not listed:
            yield linked.text, linked.label or "", "", "", "", "", "", ""


def _table(rows: list[Linked]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from critparse.exports.terminal import visible

    table = Table(box=None, pad_edge=False)
    for name in ("Mention", "Kind", "", "System", "Code", "Name", "Found by", "Score"):
        table.add_column(name, no_wrap=name in ("System", "Code", "Score"))
    last = None
    for text, label, rank, system, code, display, method, score in _cells(rows, details=True):
        new = (text, label) != last
        last = (text, label)
        named = (visible(text), label) if new else ("", "")
        what = display if system else "no concept and no candidate"
        table.add_row(
            *map(Text, (*named, "?" if rank.startswith("?") else "", system, code, visible(what), method, score))
        )
    return table
