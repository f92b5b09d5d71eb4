"""``critparse vocab``."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from critparse.cli.outputs import one_of
from critparse.errors import UnknownVocabulary

if TYPE_CHECKING:
    from critparse.concepts.vocabularies import Vocabulary, VocabularyHit
    from critparse.concepts.vocabularies.steps import Filters, Source

app = typer.Typer(help="Build and use vocabularies of your own: OMOP (Athena), UMLS, RxNorm, tables.")
_BUILD_EPILOG = """Examples:

critparse vocab build omop --athena ~/downloads/athena

critparse vocab build omop-small --athena ~/downloads/athena --vocabulary SNOMED --vocabulary RxNorm

critparse vocab build umls --rrf ~/umls/2026AA/META

critparse vocab build lab --csv our-codes.csv

Vocabularies are kept in CRITPARSE_VOCABULARIES, or in the folder for users' data. A build that was stopped, in
whatever way, goes on where it was when the same command is given again. Large sorts go to TMPDIR.
"""
_LABELS = ("Condition", "Drug", "Measurement", "Procedure", "Device", "Observation", "Visit", "Person")
_MEGABYTE = 1_000_000
_COUNTED = ("trigrams", "indexes")  # stages that are no files, whose size is not in bytes
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the vocabulary is called.")]


def _format(value: str) -> str:
    return one_of(value, ("table", "json"))


def _label(value: str | None) -> str | None:
    return None if value is None else one_of(value.capitalize(), _LABELS)


Format = Annotated[str, typer.Option("--format", "-f", metavar="table|json", help="How to print.", callback=_format)]


@app.callback()
def vocab() -> None:
    """Build and use vocabularies of your own: OMOP (Athena), UMLS, RxNorm, tables."""


@app.command("build", epilog=_BUILD_EPILOG)
def build(  # noqa: PLR0913, PLR0917  these are options
    name: Name,
    athena: Annotated[
        Path | None, typer.Option(metavar="DIR", help="An unpacked download of athena.ohdsi.org: CONCEPT.csv …")
    ] = None,
    rrf: Annotated[
        Path | None, typer.Option(metavar="DIR", help="UMLS (MRCONSO.RRF, MRSTY.RRF) or RxNorm (RXNCONSO.RRF).")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A table (CSV or TSV) with the columns code, name[, system, synonyms, label, standard_code].",
        ),
    ] = None,
    vocabulary: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this vocabulary, as the source calls it (SNOMED; MSH); may be repeated."),
    ] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this domain or semantic type (Drug; T047); may be repeated."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also what no criterion names: packages of drugs, metadata …")
    ] = False,
    hierarchy: Annotated[
        bool, typer.Option("--hierarchy/--no-hierarchy", help="Athena: keep which concept is below which.")
    ] = True,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of the vocabulary of that name.")] = False,
) -> None:
    """Build a vocabulary from files that you have, into one local file.

    Damaged lines of Athena and RRF files are left out and counted, up to one in a thousand; in a table, any damaged
    line is an error.
    """
    from critparse.cli.messages import Stages
    from critparse.concepts.vocabularies.build import build as build_vocabulary
    from critparse.concepts.vocabularies.steps import Filters
    from critparse.concepts.vocabularies.vocabulary import Vocabulary

    filters = Filters.of(vocabulary or (), domain or (), everything=everything, hierarchy=hierarchy)
    source = _source(name, filters, athena, rrf, csv)
    _tell_warnings()
    with Stages() as stages:

        def report(stage: str, done: int, total: int) -> None:
            size = 1 if stage in _COUNTED or total < _MEGABYTE else _MEGABYTE
            stages.report(f"{stage} (MB)" if size > 1 else stage, done // size, total // size, 0.0)

        path = build_vocabulary(name, source, replace=replace, report=report)
    meta = Vocabulary.open(name).meta
    typer.echo(f"{name}: {_total(meta):,} concepts, {meta['names']:,} names, {meta['mappings']:,} mappings, in {path}")


def _source(name: str, filters: Filters, athena: Path | None, rrf: Path | None, csv: Path | None) -> Source:
    if sum(given is not None for given in (athena, rrf, csv)) != 1:
        raise typer.BadParameter("give one of --athena DIR, --rrf DIR, --csv FILE")
    if athena is not None:
        from critparse.concepts.vocabularies.athena import Athena

        return Athena(athena.expanduser(), filters)
    if rrf is not None:
        from critparse.concepts.vocabularies.rrf import rrf_source

        return rrf_source(rrf.expanduser(), filters)
    from critparse.concepts.vocabularies.table import Table

    assert csv is not None
    return Table(csv.expanduser(), filters, name)


def _tell_warnings() -> None:
    """What the library logs while building goes to stderr, one line each."""
    from critparse.cli.messages import complain

    class Complaints(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complain(record.getMessage())

    logger = logging.getLogger("critparse.concepts.vocabularies")
    logger.handlers = [Complaints(logging.WARNING)]


@app.command("list", epilog="Example:\n\ncritparse vocab list --format json")
def list_(format: Format = "table") -> None:
    """List the vocabularies that were built."""
    from critparse.concepts.vocabularies.folder import default_folder, names, path_of
    from critparse.concepts.vocabularies.vocabulary import Vocabulary
    from critparse.errors import VocabularyError

    rows: list[dict[str, Any]] = []
    for name in names():
        try:
            meta = Vocabulary.open(name).meta
        except VocabularyError as error:
            rows.append({"name": name, "error": str(error)})
            continue
        size = path_of(name).stat().st_size
        rows.append(
            {"name": name, "kind": meta["kind"], "concepts": _total(meta), "built": meta["built"], "bytes": size}
        )
    if format == "json":
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif rows:
        _show_table(("name", "kind", "concepts", "built", "bytes", "error"), rows)
    else:
        typer.echo(f"no vocabulary in {default_folder()}; make one with: critparse vocab build")


@app.command("show", epilog="Example:\n\ncritparse vocab show omop")
def show(name: Name, format: Format = "table") -> None:
    """Show what a vocabulary was made from, when, under which licence, and what it holds."""
    vocabulary = _built(name)
    meta, steps = vocabulary.meta, vocabulary.steps()
    if format == "json":
        typer.echo(json.dumps({"name": name, **meta, "steps": steps}, indent=1, ensure_ascii=False))
        return
    from critparse.exports.terminal import visible

    facts = {
        "file": vocabulary.path,
        "from": f"{meta['plan']['where']} ({meta['kind']})",
        "release": meta["versions"].get("None", ""),
        "built": f"{meta['built']} by {meta['built_by']}",
        "licence": meta["licence"],
        "holds": f"{_total(meta):,} concepts, {meta['names']:,} names, {meta['mappings']:,} mappings",
        "hierarchy": meta["hierarchy"],
        "candidates": "by trigrams" if meta["candidates"] else "none: SQLite had no trigram index",
    }
    for fact, value in facts.items():
        if value:
            typer.echo(visible(f"{fact + ':':12}{value}"))
    typer.echo()
    _show_table(("step", "file", "lines", "kept", "damaged", "example"), steps)
    typer.echo()
    columns = ("vocabulary", "version", "domain", "concepts", "standard")
    counts = [
        dict(zip(columns, (system, _version(meta, system), domain, count, standard), strict=True))
        for system, domain, count, standard in meta["counts"]
    ]
    _show_table(columns, counts)


@app.command("remove", epilog="Example:\n\ncritparse vocab remove omop")
def remove(name: Name) -> None:
    """Delete a vocabulary, and what an interrupted build of it has left."""
    from critparse.concepts.vocabularies import folder
    from critparse.concepts.vocabularies.resolving import hint

    if not folder.remove(name):
        raise UnknownVocabulary(where=name, hint=hint(name))
    typer.echo(f"removed {name}")


@app.command("search", epilog='Example:\n\ncritparse vocab search omop "type 2 diabetes" --label Condition')
def search(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A vocabulary, its file, or scispacy:LINKER.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The words of a mention.")],
    label: Annotated[
        str | None, typer.Option(metavar="LABEL", help=f"Only what suits it: {', '.join(_LABELS)}.", callback=_label)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 10,
    format: Format = "table",
) -> None:
    """Show the concepts of that name, and others with similar names."""
    from critparse.concepts.vocabularies import resolve

    vocabulary = resolve(name)
    exact = vocabulary.lookup(text, label)[:limit]
    known = {hit.concept.id for hit in exact}
    similar = [hit for hit in vocabulary.candidates(text, limit, label) if hit.concept.id not in known]
    rows = [_row(hit, "") for hit in exact] + [_row(hit, "similar") for hit in similar[: limit - len(exact)]]
    if format == "json":
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif rows:
        _show_table(("method", "score", "name", "domain", "standard", "codes", "matched"), rows)
    else:
        typer.echo("nothing found")


def _row(hit: VocabularyHit, method: str) -> dict[str, Any]:
    concept = hit.concept
    return {
        "method": method or hit.method,
        "score": hit.score,
        "name": concept.name,
        "domain": concept.domain,
        "standard": concept.standard,
        "codes": [f"{system}:{code.removeprefix(system + ':')}" for system, code in concept.codes],
        "matched": hit.matched,
    }


def _built(name: str) -> Vocabulary:
    from critparse.concepts.vocabularies.resolving import built

    return built(name)


def _total(meta: dict[str, Any]) -> int:
    return sum(count for _, _, count, _ in meta["counts"])


def _version(meta: dict[str, Any], system: str) -> str:
    """The version of a system, which the source may call otherwise."""
    from critparse.concepts.vocabularies import knowledge

    theirs = next((name for name, ours in knowledge.short_names("athena").items() if ours == system), system)
    version: str = meta["versions"].get(theirs, "")
    return version


def _show_table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Columns that no row fills are left out."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from critparse.exports.terminal import show as show_rich
    from critparse.exports.terminal import visible

    used = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in used:
        numbers = isinstance(rows[0].get(column), int | float)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")  # nothing is cut off
    for row in rows:
        table.add_row(*(Text(visible(_cell(row.get(column)))) for column in used))
    show_rich(table, sys.stdout)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
