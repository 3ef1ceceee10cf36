"""Two pictures: are exact p-values of independents uniform, and how far apart are copies from independents?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

from harness.audit.calibration import ACTIVATIONS, ENDS_ALIGNED, HEADS, MATCHING, ORDER
from tests.zoo.confusion import Line

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

EFFECTS: tuple[tuple[str, str, tuple[str, ...], float], ...] = (
    ("units in place", "weights", ("text", "vision", "audio"), ORDER.agreement),
    ("units matched alike", "matching", ("text", "vision", "audio"), MATCHING.agreement),
    ("heads (CKA)", "alignment", ("text", "vision", "audio"), HEADS.derived),
    ("activations", "activations", ("text",), ACTIVATIONS.agreement),
    ("dimensions in place", "weights", ("embeddings", "head"), ORDER.agreement),
    ("tokens, aligned", "alignment", ("embeddings", "head"), ENDS_ALIGNED.derived),
)
"""What is drawn: a name, the method, its components, and the least effect that convicts."""
COLOURS = {"independent": "#666666", "descends": "#c0392b"}
SPREAD = 0.17


def draw(zoos: Mapping[str, Sequence[Line]], path: Path) -> Path:
    """Both pictures in one file."""
    lines = [line for zoo in zoos.values() for line in zoo if line["kind"] == "finding"]
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(1, 1.7))
    _uniform(axes[0], [line for line in lines if line["truth"] == "independent"])
    _effects(axes[1], lines)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _uniform(axis: Axes, lines: Sequence[Line]) -> None:
    """Share of p-values at or below p, against p: on or under the diagonal where they are p-values."""
    kinds = {
        "units (text, towers)": ("text", "vision", "audio"), "embeddings, heads": ("embeddings", "head"),
        "projectors": ("projector",),
    }  # fmt: skip
    grid = np.logspace(-4, 0, 200)
    axis.plot(grid, grid, color="black", linewidth=0.8, linestyle="--", label="uniform")
    for label, components in kinds.items():
        values = [line["p_value"] for line in lines if line["component"] in components and line["exact"]]
        found = np.array([value for value in values if value is not None])
        if len(found):
            share = (found[None] <= grid[:, None]).mean(1)
            axis.step(grid, np.where(share > 0, share, np.nan), where="post", label=f"{label} ({len(found)})")
    axis.set(xscale="log", yscale="log", xlim=(1e-4, 1), ylim=(1e-4, 1.1), xlabel="p",
             ylabel="share of p-values ≤ p", title="independents: exact p-values")  # fmt: skip
    axis.legend(loc="upper left", fontsize=8)


def _effects(axis: Axes, lines: Sequence[Line]) -> None:
    rng = np.random.default_rng(0)
    for place, (_, method, components, floor) in enumerate(EFFECTS):
        for side, truth in ((-1, "independent"), (1, "descends")):
            values = [
                line["value"] for line in lines
                if line["method"] == method and line["component"] in components and line["truth"] == truth
                and line["value"] is not None
            ]  # fmt: skip
            spots = place + side * 0.2 + rng.uniform(-SPREAD, SPREAD, len(values))
            axis.scatter(spots, values, s=6, alpha=0.35, linewidths=0, color=COLOURS[truth], rasterized=True)
        axis.plot([place - 0.42, place + 0.42], [floor, floor], color="black", linewidth=1.2)
    for truth, colour in COLOURS.items():
        axis.scatter([], [], s=14, color=colour, label="independent" if truth == "independent" else "descends")
    axis.plot([], [], color="black", linewidth=1.2, label="least effect that convicts")
    axis.set_xticks(range(len(EFFECTS)), ["\n".join(name.rsplit(" ", 1)) for name, *_ in EFFECTS], fontsize=8)
    axis.set_yticks(np.linspace(0, 1, 6))
    axis.set(ylim=(-0.15, 1.2), title="effects by method")
    axis.legend(loc="upper center", ncols=3, fontsize=8)
