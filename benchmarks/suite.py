"""How fast critparse is, beside others on the same texts: ``python benchmarks/suite.py`` (or ``make benchmark``).

Prints a table and writes ``suite.json``, and with matplotlib ``suite.png`` and ``suite.svg``: criteria a second on one
core for each stage and in whole, spaCy's tokenizer and pipelines beside it, start-up, memory, growth from 100 to
100,000 criteria, one worker and two. Takes half an hour; ``--quick`` a minute, without what needs processes of its own.

``--guard`` fails when a stage costs more than 1.5 times what ``reference.json`` says, relative to spaCy's tokenizer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core means one core; read when numpy is imported

import suite_chart
import suite_guard
import suite_processes
import suite_stages
import suite_texts

_SIZES = [100, 1_000, 10_000, 100_000]
_PACKAGES = ("critparse", "spacy", "onnxruntime", "numpy", "pydantic")


def main() -> int:
    """Run the suite; 1 when ``--guard`` finds a stage that has become slower."""
    options = _options()
    texts = options.texts or ("registry" if suite_texts.REGISTRY.exists() else "conformance")
    material = suite_texts.material(texts, options.criteria)
    results: dict[str, Any] = {"machine": _machine(), "texts": material.described()}
    results["stages"] = suite_stages.measure(suite_stages.stages(material, quick=options.quick), options.rounds)
    _print_stages(results)
    if options.guard or options.write_reference:
        return _guard(results, write=options.write_reference)
    if not options.quick:
        results["start_up"] = suite_processes.start_up()
        results["growth"] = suite_processes.growth(texts, [s for s in _SIZES if s <= options.most], model=True)
        results["workers"] = suite_processes.workers(texts, options.trials)
        _print_rest(results)
        suite_chart.draw(results, options.out)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "suite.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", choices=("conformance", "registry"), help="default: registry where it is there")
    parser.add_argument("--criteria", type=int, default=1500, help="for the stages (default: 1500)")
    parser.add_argument("--rounds", type=int, default=5, help="of the stages (default: 5)")
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="criteria of the growth (default: 100000)")
    parser.add_argument("--trials", type=int, default=400, help="for one worker and two (default: 400)")
    parser.add_argument("--quick", action="store_true", help="stages only")
    parser.add_argument("--guard", action="store_true", help="fail when a stage has become slower")
    parser.add_argument("--write-reference", action="store_true", help="write what --guard compares with")
    parser.add_argument("--out", type=Path, default=Path(".benchmarks"), help="folder (default: .benchmarks)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def _guard(results: dict[str, Any], *, write: bool) -> int:
    if write:
        suite_guard.write(results)
        return 0
    lines = suite_guard.slower(results)
    print("\n".join(lines) or f"no stage is more than {suite_guard.MOST} times as slow as the reference")
    return 1 if lines else 0


def _machine() -> dict[str, Any]:
    versions = {name: version(name) for name in _PACKAGES}
    return {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version(), **versions}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _print_stages(results: dict[str, Any]) -> None:
    texts = results["texts"]
    print(f"{texts['criteria']} criteria of {texts['name']}, {texts['characters_per_criterion']} characters each")
    print(f"{'stage':16} {'criteria/s':>10} {'cost':>8}")
    for stage in results["stages"]:
        print(
            f"{stage['name']:16} {stage['criteria_per_second']:10,.0f} {stage['cost']:8.1f}  {stage['what']}",
            flush=True,
        )


def _print_rest(results: dict[str, Any]) -> None:
    for start in results["start_up"]:
        print(f"{start['name']:26} {start['seconds']:6.2f} s")
    for point in results["growth"]:
        print(f"{point['criteria']:8,} criteria {point['criteria_per_second']:8.1f} /s {point['peak_megabytes']:6} MB")
    for point in results["workers"]:
        rate = point["criteria_per_second"]
        print(f"{point['workers']} workers {rate:8.1f} criteria/s {point['worker_megabytes']:6} MB each", flush=True)


if __name__ == "__main__":
    sys.exit(main())
