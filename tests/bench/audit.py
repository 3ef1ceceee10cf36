"""`python -m tests.bench.audit [--layers N | --shapes] [--folder DIR]`: what an audit of large models costs.

Two mixtures of experts of noise, as wide as the largest that are known (2.5 GB a layer, 3.7 GB of embeddings and
head), are made, read beside the disk's own rate, and audited against each other in a process of its own. Then the units
of two deeper ones are compared, so that what a layer costs is told from what a pair of layers does. The result goes to
results/bench/audit.json.

With `--shapes` nothing but memory is measured, of models that are large in other ways (39 GB of disk, one after the
other): results/bench/audit_shapes.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.audit.digests import CHUNK_BYTES, digest_tensors
from harness.audit.pair import Body, Pair
from harness.audit.subject import open_subject
from harness.audit.trunk import findings
from harness.checkpoint.files import weight_files
from harness.checkpoint.tensors import read_header
from harness.environment import ROOT
from harness.store import write_json
from tests.bench.large import Large, make

OUT, SHAPES_OUT = (ROOT / "results" / "bench" / name for name in ("audit.json", "audit_shapes.json"))
DEEP = Large(layers=12, experts=2, heads=28, vocab=8)
"""Without tokens, so that the streams are compared as stored alone."""
WIDE = Large(width=8192, expert=28_672, experts=0, heads=64, vocab=40_960, layers=1)
"""As wide as is turned within 4 GiB, with the feed-forward blocks of dense models of 70 billion parameters."""
MANY = Large(experts=2, heads=128, latent=True, vocab=8, layers=61)
"""As many layers, heads and latents as DeepSeek-V3 has; without tokens."""
FEW = replace(MANY, layers=4)
BROAD = Large(width=16_384, expert=53_248, experts=0, heads=128, vocab=8, layers=1)
"""Wider than is turned within 4 GiB: as Llama 3.1 405B; without tokens."""
SHAPES = {"wide": (WIDE, WIDE), "many layers": (MANY, FEW), "broad": (BROAD, BROAD)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=3, help="layers of the audited model; the candidate has half")
    parser.add_argument("--folder", type=Path, help="where the models are made and removed again")
    parser.add_argument("--shapes", action="store_true", help="memory alone, of models that are large in other ways")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with TemporaryDirectory(dir=given.folder) as temporary:
        if given.shapes:
            found = {name: measure_memory(Path(temporary), *pair) for name, pair in SHAPES.items()}
        else:
            found = measure(Path(temporary), Large(layers=given.layers), Large(layers=(given.layers + 1) // 2))
    write_json(given.out or (SHAPES_OUT if given.shapes else OUT), found)
    print(json.dumps(found, indent=1))  # noqa: T201


def measure(folder: Path, ours: Large, theirs: Large) -> dict[str, object]:
    """Every figure; the deep models are left in `folder`."""
    checkpoint, candidate = make(folder / "ours", ours, 1), make(folder / "theirs", theirs, 2)
    os.sync()
    reading = [rates(path) for path in weight_files(checkpoint)]
    figures = {
        "parameters": ours.values,
        "bytes": sum(path.stat().st_size for path in weight_files(checkpoint)),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "reading": reading,
        "ratio": _seconds(reading, "disk") / _seconds(reading, "digest"),
        "audit": audited(checkpoint, candidate, folder / "audit.json"),
    }
    for model in (checkpoint, candidate):
        shutil.rmtree(model)
    deep = make(folder / "deep", DEEP, 3), make(folder / "deep_too", DEEP, 4)
    return figures | {"deep": units_compared(*deep)}


def measure_memory(folder: Path, ours: Large, theirs: Large) -> object:
    """An audit of two models that are removed again."""
    checkpoint, candidate = make(folder / "ours", ours, 1), make(folder / "theirs", theirs, 2)
    found = audited(checkpoint, candidate, folder / "audit.json")
    for model in (checkpoint, candidate):
        shutil.rmtree(model)
    return found


def _seconds(reading: list[dict[str, float]], rate: str) -> float:
    return sum(one["bytes"] / one[rate] for one in reading)


def rates(path: Path) -> dict[str, float]:
    """Bytes a second of one shard, cold: read alone, then read, hashed and searched for NaN."""
    size = path.stat().st_size
    tensors, problems = read_header(path)
    assert not problems
    forget(path)
    started = time.monotonic()
    read(path)
    disk = size / (time.monotonic() - started)
    forget(path)
    started, worked = time.monotonic(), time.process_time()
    digest_tensors(tensors)
    return {
        "bytes": size, "disk": disk, "digest": size / (time.monotonic() - started),
        "cpu_seconds_per_gb": (time.process_time() - worked) / size * 1e9,
    }  # fmt: skip


def read(path: Path) -> None:
    """The file from beginning to end, by nobody but the disk."""
    buffer = bytearray(CHUNK_BYTES)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def forget(path: Path) -> None:
    """Drop what the kernel keeps of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def audited(checkpoint: Path, candidate: Path, out: Path) -> dict[str, object]:
    """An audit in a process of its own, and the most memory that it had."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    command = [sys.executable, "-m", "harness.cli", "audit", str(checkpoint), "--against", f"other={candidate}"]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads(out.read_text(encoding="utf-8"))
    return {
        "seconds": time.monotonic() - started,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_bytes": report["cost"]["peak_memory_bytes"],
        "cost": report["cost"],
        "conclusions": {one["component"]: one["conclusion"] for one in report["conclusions"]},
    }


def units_compared(checkpoint: Path, candidate: Path) -> dict[str, float]:
    """All layers of two models against each other, by their units."""
    ours, theirs = (Body(open_subject(path.name, path)) for path in (checkpoint, candidate))
    pairs = len(ours.anatomy.stacks["text"].blocks) * len(theirs.anatomy.stacks["text"].blocks)
    started = time.monotonic()
    findings(Pair(ours, theirs))
    return {"layer_pairs": pairs, "seconds": time.monotonic() - started}


if __name__ == "__main__":
    main()
