from __future__ import annotations

import pytest

from harness.score.calls import MalformedResponse
from harness.score.response import LONGEST_PAUSE_S, asked_pause, first_choice, is_transient, message, transient

NOON = "Wed, 21 Oct 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-1"}, 0.0),
        ({"Retry-After": "86400"}, LONGEST_PAUSE_S),
        ({"Retry-After": "nan"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2026 12:00:07 GMT", "Date": NOON}, 7.0),
        ({"Retry-After": "Wed, 21 Oct 2026 11:00:00 GMT", "Date": NOON}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2026 12:00:07 GMT"}, 0.0),  # without the server's clock a date says nothing
        ({"Retry-After": "Wed, 21 Oct 2026 12:00:07", "Date": NOON}, 0.0),
    ],
)
def test_the_pause_is_what_the_server_asks_for_by_its_own_clock(headers: dict[str, str], seconds: float):
    assert asked_pause(headers) == seconds


@pytest.mark.parametrize(
    ("status", "again"), [(408, True), (425, True), (429, True), (500, True), (503, True), (400, False), (422, False)]
)
def test_which_statuses_are_worth_another_try(status: int, again: bool):
    assert is_transient(status) is again


def test_only_too_many_requests_shows_a_living_server():
    assert transient(429, "", {}).busy
    assert not transient(503, "", {}).busy


@pytest.mark.parametrize("text", [b"[" * 100_000, b"9" * 10_000, b"\xff", b"[]", b'{"choices": [', b'{"choices": [7]}'])
def test_a_body_without_a_choice_is_malformed(text: bytes):
    with pytest.raises(MalformedResponse):
        first_choice(text)


def test_not_a_number_is_read_to_be_told_from_half_a_body():
    assert str(first_choice(b'{"choices": [{"x": NaN}]}')["x"]) == "nan"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"error": {"message": "no such model"}}', "no such model"),
        (b'{"error": "busy"}', "busy"),
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"x" * 1000, "x" * 300),
    ],
)
def test_the_message_of_an_error_is_taken_from_the_shapes_servers_use(text: bytes, said: str):
    assert message(text) == said
