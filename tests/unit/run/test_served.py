"""Which of a server's models is rehearsed."""

from __future__ import annotations

import pytest

from harness.errors import SetupError
from harness.run.served import chosen


def test_the_only_model_is_taken() -> None:
    assert chosen({"big": 4096}, None) == "big"


def test_of_several_one_must_be_named() -> None:
    with pytest.raises(SetupError, match="serves 2 models: big, small"):
        chosen({"big": 4096, "small": None}, None)
    assert chosen({"big": 4096, "small": None}, "small") == "small"


def test_a_model_that_is_not_served_is_answered_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="serves no model 'huge'; it serves: big, small"):
        chosen({"big": 4096, "small": None}, "huge")


def test_a_server_that_lists_nothing_is_asked_for_the_named_one() -> None:
    assert chosen({}, "big") == "big"
    with pytest.raises(SetupError, match="serves 0 models"):
        chosen({}, None)
