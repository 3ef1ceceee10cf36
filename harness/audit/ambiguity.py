"""Weights that loaders may read in two ways, of which an audit would see one: such a checkpoint is refused.

Told by names and types alone, whether or not the audit can unpack what lies there: a loader may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.audit.packed import FOUR_BITS, LARGEST_STATE, QUANT_STATE
from harness.audit.values import SCALED, SCALES
from harness.checkpoint import Problem
from harness.checkpoint.tensors import Tensor

REMEDY = "remove the one that does not belong to the model"
FEWEST_SHARING = 8
"""Codes of a row that share a scale, in every format."""
STATES = tuple(QUANT_STATE + kind for kind in FOUR_BITS)


def ambiguities(tensors: Mapping[str, Tensor]) -> Iterator[Problem]:
    """A problem for each weight that is stored twice, or that has two scales, or a note that only a loader reads."""
    homes: dict[str, str] = {}
    for name, tensor in tensors.items():
        weight = _weight(tensors, name)
        home = name if weight is None else homes.setdefault(weight, weight if weight in tensors else name)
        if home != name:
            yield Problem(f"{tensors[home].label} and {tensor.label} hold one weight: loaders may take either", REMEDY)
        scales = _scales(tensors, name) if tensor.dtype in SCALED else []
        if len(scales) > 1:
            both = f"{tensors[scales[0]].label} and {tensors[scales[1]].label}"
            yield Problem(f"{both} are both scales of {tensor.label}: loaders may take either", REMEDY)
        yield from (_fine(tensor, tensors[scale]) for scale in scales if _is_fine(tensor, tensors[scale]))
        size = tensor.end - tensor.start
        if name.endswith(STATES) and (tensor.dtype != "U8" or size > LARGEST_STATE):
            what = f"{tensor.label} is {size} bytes of {tensor.dtype}, which bitsandbytes never writes"
            yield Problem(what, "give the published weights")


def _is_fine(codes: Tensor, scale: Tensor) -> bool:
    """Whether there is more than one value for so many codes of a row as share one in every format."""
    if len(codes.shape) != len(scale.shape) or len(codes.shape) < 2:
        return False
    return scale.shape[-1] > 1 and codes.shape[-1] < FEWEST_SHARING * scale.shape[-1]


def _fine(codes: Tensor, scale: Tensor) -> Problem:
    what = f"{scale.label} of shape {list(scale.shape)} has a value for every few codes of {codes.label}"
    return Problem(f"{what} ({list(codes.shape)}), as no format has", "give the published weights")


def _weight(tensors: Mapping[str, Tensor], name: str) -> str | None:
    """The weight that a tensor holds under another name. Two notes of bitsandbytes on one weight are told so too."""
    if name.endswith(STATES):
        return name.rpartition("__")[0]
    if name.endswith("_blocks"):
        stem = name.removesuffix("_blocks")
        return stem if f"{stem}_scales" in tensors else None
    if name.endswith((".qweight", ".weight_packed")):
        return f"{name.rpartition('.')[0]}.weight"
    return None


def _scales(tensors: Mapping[str, Tensor], name: str) -> list[str]:
    """Everything that a loader may multiply 8-bit codes by. An input_scale is none: it is for activations."""
    beside = [name + suffix for suffix in SCALES]
    if name.endswith(".weight"):
        beside.append(f"{name.removesuffix('.weight')}.SCB")
    return [scale for scale in beside if scale in tensors]
