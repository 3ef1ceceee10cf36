from __future__ import annotations

import pytest

from harness import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.HarnessError, 1),
        (errors.ConfigError, 2),
        (errors.CheckpointError, 2),
        (errors.SuiteError, 2),
        (errors.SetupError, 2),
        (errors.EngineError, 3),
        (errors.StorageError, 3),
        (errors.VerificationError, 4),
    ],
)
def test_each_kind_of_error_ends_with_its_documented_exit_code(error: type[errors.HarnessError], code: int) -> None:
    assert error.exit_code == code


def test_the_remedy_follows_the_message_on_its_own_line() -> None:
    assert str(errors.UserError("port 80 is in use", "choose another")) == "port 80 is in use\n  -> choose another"
    assert str(errors.UserError("port 80 is in use")) == "port 80 is in use"
