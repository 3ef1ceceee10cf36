"""Untrained tiny models for audits: what training adds is the zoo's part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.audit.audit import audit
from harness.audit.finding import AuditReport
from tests.zoo.model import Shape, TinyModel
from tests.zoo.originals import write_checkpoint
from tests.zoo.train import Weights

SHAPE = Shape(layers=2, ffn=96)


def fresh(seed: int, shape: Shape = SHAPE) -> Weights:
    """A model at its start, norm gains varied as training would."""
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    weights = {name: value.detach().numpy().copy() for name, value in TinyModel(shape).state_dict().items()}
    for name in weights:
        if weights[name].ndim == 1:
            weights[name] = (weights[name] + rng.normal(0, 0.1, weights[name].shape)).astype(np.float32)
    return weights


def written(folder: Path, weights: Mapping[str, np.ndarray], shape: Shape = SHAPE, **config: object) -> Path:
    return write_checkpoint(folder, dict(weights), {**shape.config(), **config})


def audited(checkpoint: Path, **against: Path) -> AuditReport:
    return audit(checkpoint, against, {}, lambda _: None)


def concluded(report: AuditReport, candidate: str) -> dict[str, str]:
    """Conclusion by component, against one candidate."""
    return {one.component: one.conclusion for one in report.conclusions if one.candidate == candidate}
