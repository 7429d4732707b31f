"""The trace of a request: taken over from who asks, handed on to who is asked."""

import re
from contextvars import copy_context

import pytest

from shared.telemetry import begin_trace, current_trace_id, traceparent

THEIRS = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "header", [f"00-{THEIRS}-{PARENT}-01", f"00-{THEIRS}-{PARENT}-00", f"cc-{THEIRS}-{PARENT}-01-x"]
)
def test_a_callers_trace_is_taken_over_and_handed_on_with_our_own_step(header: str) -> None:
    def answer() -> tuple[str, str, str]:
        return begin_trace(header), current_trace_id(), traceparent()

    begun, current, handed_on = copy_context().run(answer)
    assert begun == current == THEIRS
    version, trace_id, step, _ = handed_on.split("-")
    assert (version, trace_id) == ("00", THEIRS)
    assert step != PARENT


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{THEIRS}-{'0' * 16}-01",
        f"00-{THEIRS[:-1]}-{PARENT}-01",
        f"ff-{THEIRS}-{PARENT}-01",
        f"00-{THEIRS.upper()}-{PARENT}-01",
        f"00-{THEIRS}-{PARENT}-01, 00-{THEIRS}-{PARENT}-01",
        "ü" * 55,
    ],
)
def test_without_a_valid_trace_a_new_one_begins(header: str | None) -> None:
    begun = copy_context().run(begin_trace, header)
    assert re.fullmatch("[0-9a-f]{32}", begun)
    assert begun != THEIRS
    assert int(begun, 16) != 0


def test_outside_of_a_request_there_is_no_trace_and_a_call_begins_one() -> None:
    def call() -> tuple[str, str, str]:
        return current_trace_id(), traceparent(), current_trace_id()

    before, handed_on, after = copy_context().run(call)
    assert before == ""
    assert handed_on.split("-")[1] == after
