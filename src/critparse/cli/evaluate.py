"""``critparse evaluate``."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from critparse.cli.outputs import one_of
from critparse.cli.parse import UseModel
from critparse.errors import OutputError

if TYPE_CHECKING:
    from critparse.learn.brat import Source
    from critparse.learn.concepts import Outcome

app = typer.Typer(help="Measure critparse against annotated corpora.")
_EPILOG = """Example:

critparse evaluate thresholds --corpus lct.zip --fold 1 --misses 20
"""
_ENTITIES_EPILOG = """Examples:

critparse evaluate entities --corpus chia_without_scope.zip --fold 1 --types 11

critparse evaluate entities --corpus lct.zip --scheme lct --fold 1
"""
_RELATIONS_EPILOG = """Example:

critparse evaluate relations --corpus chia_without_scope.zip --fold 1
"""
_CORPUS_HELP = "a zip file or a folder of brat files."
Fold = Annotated[int | None, typer.Option(min=0, max=9, help="Only trials whose sha256(NCT id) mod 10 is this.")]
Chia = Annotated[str, typer.Option(metavar="PATH", help=f"The Chia corpus: {_CORPUS_HELP}")]


@app.callback()
def evaluate() -> None:
    """Measure critparse against annotated corpora."""


@app.command("thresholds", epilog=_EPILOG)
def thresholds(
    corpus: Annotated[str, typer.Option(metavar="PATH", help=f"The LCT corpus: {_CORPUS_HELP}")],
    fold: Fold = None,
    misses: Annotated[int, typer.Option(min=0, help="How many missed thresholds to list.")] = 0,
    predictions: Annotated[
        str | None, typer.Option(metavar="OUT.jsonl", help="Also write the limits read off each line.")
    ] = None,
    model: UseModel = True,
) -> None:
    """Compare the numeric limits of whole-document parses with the annotated ones, line by line.

    recall: annotated comparisons all of whose bounds (side, value, inclusiveness) were read off their line; bound
    precision: of the bounds read off a line, those that are annotated.
    """
    from critparse.cli.messages import progress
    from critparse.exports.terminal import safe
    from critparse.learn.lct import read_lct
    from critparse.learn.thresholds import limits_by_line, score

    documents = read_lct(Path(corpus), fold)
    limits = {
        key: found for doc in progress(documents, "parsing") for key, found in limits_by_line(doc, model=model).items()
    }
    if predictions:
        rows = [json.dumps({"id": key, "limits": [limit.row() for limit in found]}) for key, found in limits.items()]
        try:
            Path(predictions).write_text("".join(row + "\n" for row in rows), encoding="utf-8")
        except OSError as error:
            raise OutputError(where=predictions, reason=(error.strerror or str(error)).lower()) from error
    result = score(documents, limits)
    typer.echo(json.dumps(result.summary(), indent=1))
    for miss in result.missed[:misses]:
        typer.echo(safe(f"MISSED | {miss.line_id} | {miss.words} | {list(miss.bounds)} | {miss.line}"))
    typer.echo(f"recall {result.recall:.4f}  bound precision {result.bound_precision:.4f}  ({result.total} thresholds)")


def _scheme(value: str) -> str:
    return one_of(value, ("chia", "lct"))


@app.command("entities", epilog=_ENTITIES_EPILOG)
def entities(
    corpus: Annotated[str, typer.Option(metavar="PATH", help=f"The corpus: {_CORPUS_HELP}")],
    fold: Fold = None,
    scheme: Annotated[
        str, typer.Option(metavar="chia|lct", help="Whose annotations they are.", callback=_scheme)
    ] = "chia",
    types: Annotated[int, typer.Option(min=11, max=15, help="Chia: all 15 types, or the 11 major ones.")] = 15,
    misses: Annotated[int, typer.Option(min=0, help="Chia: how many entities that differ to list.")] = 0,
    model: UseModel = True,
) -> None:
    """Compare entities with annotated ones: strict (same place) and relaxed (a character in common) micro F1.

    For Chia, those of whole-document parses; for LCT, what the model's heads for LCT's types name in each line.
    """
    from critparse.cli.messages import progress
    from critparse.learn.entities import MAJOR_TYPES, score_entities, score_lct, sources_of
    from critparse.learn.examples import CHIA_TYPES

    if scheme == "lct":
        from critparse.learn.brat import FOLDS
        from critparse.nlp.model import default_model

        score = score_lct(Path(corpus), range(FOLDS) if fold is None else (fold,), default_model())
    else:
        documents = sources_of(Path(corpus), fold)
        score = score_entities(
            progress(documents, "parsing"), CHIA_TYPES if types == len(CHIA_TYPES) else MAJOR_TYPES, model=model
        )
        _list_misses(documents, misses, model=model)
    summary = score.summary()
    typer.echo(json.dumps(summary, indent=1))
    strict, relaxed = summary["strict"]["f1"], summary["relaxed"]["f1"]
    typer.echo(f"strict F1 {strict:.4f}  relaxed F1 {relaxed:.4f}  ({summary['gold']} entities)")


def _list_misses(documents: Sequence[Source], count: int, *, model: bool) -> None:
    from critparse.exports.terminal import safe
    from critparse.learn.entities import differences

    for kind, document, entity in itertools.islice(differences(documents, model=model), count):
        words = document.text[entity.start : entity.end]
        around = document.text[max(0, entity.start - 60) : entity.end + 60]
        typer.echo(safe(f"{kind.upper()} | {document.name} | {entity.type} | {words} | {' '.join(around.split())}"))


@app.command("relations", epilog=_RELATIONS_EPILOG)
def relations(corpus: Chia, fold: Fold = None) -> None:
    """Compare relations between entities with annotated ones: among annotated entities, and end to end."""
    from critparse.cli.messages import progress
    from critparse.learn.entities import sources_of
    from critparse.learn.relations import score_given, score_relations
    from critparse.nlp.model import default_model

    documents = sources_of(Path(corpus), fold)
    given = score_given(progress(documents, "relating"), default_model()).summary()
    whole = score_relations(progress(documents, "parsing")).summary()
    typer.echo(json.dumps({"annotated entities": given, "end to end": whole}, indent=1))
    first, second = given["micro"]["f1"], whole["micro"]["f1"]
    typer.echo(f"micro F1 {first:.4f} with annotated entities, {second:.4f} end to end  ({whole['gold']} relations)")


@app.command("problems", epilog="Example:\n\ncritparse evaluate problems --corpus chia_without_scope.zip --fold 1")
def problems(corpus: Chia, fold: Fold = None) -> None:
    """Compare hints about problems with annotators' labels, line by line: average precision, and P and R by score."""
    from critparse.learn.brat import FOLDS
    from critparse.learn.problems import score_problems
    from critparse.nlp.model import default_model

    found = score_problems(Path(corpus), range(FOLDS) if fold is None else (fold,), default_model())
    typer.echo(json.dumps(found, indent=1))


@app.command("concepts", epilog="Example:\n\ncritparse evaluate concepts --corpus corpora/concepts.tsv --misses 20")
def concepts(
    corpus: Annotated[
        str, typer.Option(metavar="FILE", help="Labelled mentions, in the columns of corpora/concepts.tsv.")
    ] = "corpora/concepts.tsv",
    misses: Annotated[int, typer.Option(min=0, help="How many mentions that are not right to list.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Only JSON, with the misses in it.")] = False,
) -> None:
    """Compare the codes that mentions are linked to with the labelled ones.

    accuracy: linkable mentions rightly linked; precision: linked mentions rightly linked; reach: linkable mentions with
    a right code among concepts and candidates.
    """
    from critparse.exports.terminal import safe
    from critparse.learn.concepts import default_link, link_all, read_concepts, summary

    outcomes = link_all(read_concepts(Path(corpus)), default_link())
    found = summary(outcomes)
    missed = [_miss(outcome) for outcome in outcomes if outcome.verdict in ("wrong", "missed")][:misses]
    if as_json:
        typer.echo(json.dumps(found | {"misses": missed}, indent=1))
        return
    typer.echo(json.dumps(found, indent=1))
    for miss in missed:
        cells = [", ".join(cell) if isinstance(cell, list) else cell for cell in miss.values()]
        typer.echo(safe(" | ".join([cells[0].upper(), *cells[1:]])))
    shares = "  ".join(f"{name} {found[name] or 0:.4f}" for name in ("accuracy", "precision", "reach"))
    typer.echo(f"{shares}  ({found['linkable']} linkable of {found['mentions']} mentions)")


def _miss(outcome: Outcome) -> dict[str, str | list[str]]:
    from critparse.learn.concepts import key

    given = [f"{key(concept)} {concept.display} ({concept.method})" for concept in outcome.concepts]
    row = outcome.row
    return {
        "verdict": outcome.verdict,
        "id": row.id,
        "label": row.label,
        "kind": row.kind,
        "mention": row.mention,
        "given": given,
        "candidates": [f"{key(concept)} {concept.display}" for concept in outcome.candidates],
        "gold": list(row.gold),
        "context": row.context,
    }
