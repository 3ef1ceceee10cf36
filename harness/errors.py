"""Every error that the harness raises on purpose, and the exit code that each ends with.

HarnessError                  1  a bug, unless a subclass says otherwise
├── UserError                 2  a mistake of the user's: one message, no traceback
│   ├── ConfigError              a config or an override
│   ├── CheckpointError          a model's files
│   ├── SuiteError               a suite, a task file or its data
│   └── SetupError               this machine: a port in use, a missing program
├── IncompleteError           3  evidence is missing: run the same command again
│   ├── EngineError              the server died, hangs or answers nonsense
│   │   └── EngineDied           it was up and is dead: it may be started again
│   ├── StorageError             a full or failing disk
│   ├── SandboxError             a sandbox did not stand, or was killed
│   └── TrackingError            the tracking store cannot be reached or written
└── VerificationError         4  a record does not follow from its samples
"""

from __future__ import annotations

from typing import ClassVar


class HarnessError(Exception):
    """What happened, to which value, and (`remedy`) what the reader can do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  -> {self.remedy}"


class UserError(HarnessError):
    """A mistake that the user can mend."""

    exit_code = 2


class ConfigError(UserError):
    """A config file or an override names or holds something that it may not."""


class CheckpointError(UserError):
    """A model's files are missing, broken or do not fit together."""


class SuiteError(UserError):
    """A suite, a task file or its data is not what it says."""


class SetupError(UserError):
    """This machine lacks something that the job needs."""


class IncompleteError(HarnessError):
    """Evidence is missing; nothing that was computed is lost."""

    exit_code = 3


class EngineError(IncompleteError):
    """The engine did not start, died, hangs or answers nonsense."""


class EngineDied(EngineError):  # noqa: N818 - an event, not a mistake
    """The engine had answered and is dead now; what was in flight may have killed it."""


class StorageError(IncompleteError):
    """The disk is full or failing."""


class SandboxError(IncompleteError):
    """A sandbox did not come to stand or was killed from outside; what was to run in it is neither right nor wrong."""


class TrackingError(IncompleteError):
    """The tracking store cannot be reached or written. The round itself is whole."""


class VerificationError(HarnessError):
    """A stored result does not follow from the evidence stored beside it."""

    exit_code = 4
