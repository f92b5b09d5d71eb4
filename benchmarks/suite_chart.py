"""The results as a picture: bars of the stages, and rate and memory as the number of criteria grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suite_stages import FLOOR

_OTHERS = (FLOOR, "spacy-small", "en_core_web_sm", "en_core_sci_sm")


def draw(results: dict[str, Any], folder: Path) -> list[Path]:
    """Write ``suite.png`` and ``suite.svg``; nothing without matplotlib."""
    try:
        import matplotlib as mpl
    except ImportError:
        return []
    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "critparse"  # the same results, the same bytes
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), width_ratios=(3, 2), layout="constrained")
    stages = results["stages"][::-1]
    rates = [stage["criteria_per_second"] for stage in stages]
    colours = ["#8a8a8a" if stage["name"] in _OTHERS else "#1f6f8b" for stage in stages]
    bars = left.barh([stage["name"] for stage in stages], rates, color=colours)
    left.bar_label(bars, [f"{rate:,.0f}" for rate in rates], padding=3, fontsize=8)
    left.set(
        xscale="log", xlim=(None, max(rates) * 3), xlabel="criteria a second on one core (grey: others, same texts)"
    )
    texts = results["texts"]
    left.set_title(
        f"{texts['criteria']:,} criteria of {texts['name']}, {texts['characters_per_criterion']} characters each"
    )
    grown = results["growth"]
    sizes = [point["criteria"] for point in grown]
    right.plot(sizes, [point["criteria_per_second"] for point in grown], "o-", color="#1f6f8b")
    right.set(xscale="log", ylim=(0, None), xlabel="criteria in one process", ylabel="criteria a second")
    memory = right.twinx()
    memory.plot(sizes, [point["peak_megabytes"] for point in grown], "s--", color="#b3541e")
    memory.set(ylim=(0, None), ylabel="peak memory in MB (dashed)")
    right.set_title("growth")
    paths = [folder / "suite.png", folder / "suite.svg"]
    figure.savefig(paths[0], dpi=110)
    figure.savefig(paths[1], metadata={"Date": None})
    return paths
