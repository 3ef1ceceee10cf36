"""Convert a GGUF file to a float32 safetensors checkpoint: a program of its own, run once per model.

    python -m harness.checkpoint.convert JOB      # JOB: the fields of `Job` as JSON

A process of its own, so that torch's memory goes back when it ends. Lines on stdout tell the progress. It ends with
0, or with the exit code of a HarnessError whose message is on stderr.
"""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.checkpoint.files import CONVERSION
from harness.errors import CheckpointError, HarnessError, StorageError
from harness.hashing import sha256_files

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

FLOAT32_BYTES = 4
SPARE_BYTES = 64 << 20  # tokenizer, config and the file system's own needs
ROUND_TRIP = (
    "The quick brown fox jumps over the lazy dog.",
    "대한민국의 수도는 서울이며, 인구는 약 940만 명입니다.",
    "똠방각하 펲시콜라 ①②③ “따옴표” 한글·漢字 1,234.5%\n\tdef f(x): return x ** 2",
)


@dataclass(frozen=True)
class Job:
    """What to convert and what the result must satisfy."""

    gguf: str
    out: str
    """Folder to fill; it exists and is empty."""
    bos_token: str | None
    """Token to put before every prompt where the conversion loses it."""
    probe: str
    """A sentence that a sound conversion finds likely."""
    probe_max_nll: float
    """Upper bound on its mean negative log-likelihood, nats per token."""


def convert(job: Job) -> None:
    """Fill `job.out` and prove it; CheckpointError where the result is unsound, StorageError where the disk is full."""
    out = Path(job.out)
    _require_space(Path(job.gguf), out)
    _say("reading the GGUF file")
    _write(job, out)
    _say("checking the converted model")
    nll = check(job, out)
    files = sha256_files([path for path in out.iterdir() if path.is_file()], out)
    record = {"probe": job.probe, "probe_nll": nll, "files": files}
    (out / CONVERSION).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _require_space(gguf: Path, out: Path) -> None:
    from gguf import GGUFReader

    values = sum(int(tensor.n_elements) for tensor in GGUFReader(gguf).tensors)
    need = values * FLOAT32_BYTES + SPARE_BYTES
    free = shutil.disk_usage(out).free
    if free < need:
        raise StorageError(
            f"the converted model needs {need / 1e9:.2f} GB in {out.parent}; {free / 1e9:.2f} GB are free",
            "free space on that disk and run the same command again",
        )


def _write(job: Job, out: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder, file = str(Path(job.gguf).parent), Path(job.gguf).name
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    if job.bos_token is not None:
        prepend_bos(tokenizer, job.bos_token)
    _drop_quantiser_marks(model)
    _say("writing safetensors")
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _drop_quantiser_marks(model: PreTrainedModel) -> None:
    """The values are plain float32 now; with the marks left, save_pretrained refuses or vLLM looks for GGUF."""
    for mark in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(model.config, mark):
            delattr(model.config, mark)
    marks: dict[str, Any] = vars(model)
    marks["hf_quantizer"] = None
    marks["is_quantized"] = False
    marks.pop("quantization_method", None)


def prepend_bos(tokenizer: PreTrainedTokenizerBase, bos: str) -> None:
    """Make the tokenizer put `bos` before every prompt again; CheckpointError where it does not know the token."""
    from tokenizers.processors import TemplateProcessing

    backend = tokenizer.backend_tokenizer
    number = backend.token_to_id(bos)
    if number is None:
        raise CheckpointError(f"bos_token {bos!r} is not in the model's vocabulary", "correct source.bos_token")
    backend.post_processor = TemplateProcessing(
        single=f"{bos}:0 $A:0", pair=f"{bos}:0 $A:0 {bos}:1 $B:1", special_tokens=[(bos, number)]
    )
    tokenizer.bos_token = bos


def check(job: Job, folder: Path) -> float:
    """Mean negative log-likelihood of the probe, nats per token. CheckpointError where it or a round trip is off."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in (job.probe, *ROUND_TRIP):
        back = tokenizer.decode(tokenizer.encode(text, add_special_tokens=False))
        if back != text:
            raise CheckpointError(f"the converted tokenizer turns {text!r} into {back!r}", _UNSOUND)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([tokenizer.encode(job.probe)])
    if job.bos_token is not None and ids[0, 0].item() != tokenizer.bos_token_id:
        raise CheckpointError(f"the converted tokenizer does not start a text with {job.bos_token!r}", _UNSOUND)
    with torch.inference_mode():
        nll = float(model(ids, labels=ids).loss)
    if not nll <= job.probe_max_nll:  # written so that NaN fails too
        raise CheckpointError(
            f"the converted model finds the probe unlikely: {nll:.2f} nats per token, at most {job.probe_max_nll}",
            _UNSOUND,
        )
    return nll


_UNSOUND = "the conversion is unsound and was thrown away; give a safetensors checkpoint (source.kind=directory)"


def _say(message: str) -> None:
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def main() -> int:
    """Run one job given as JSON."""
    warnings.simplefilter("ignore")
    try:
        convert(Job(**json.loads(sys.argv[1])))
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def job_argument(job: Job) -> str:
    """The job as main() reads it."""
    return json.dumps(asdict(job), ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
