# SPDX-License-Identifier: EUPL-1.2
"""What the client makes of an answer."""

import orjson
import pytest

from commands.answer import (
    Answer,
    Json,
    Unexpected,
    at,
    items_at,
    number_at,
    text_at,
    texts_in,
    want_refused,
    want_status,
)


def refusal(problem: str, status: int = 403) -> Answer:
    body = orjson.dumps({"type": f"https://w3id.org/kluis/problem#{problem}", "detail": "No."})
    headers = ((b"Content-Type", b"application/problem+json; charset=utf-8"), (b"X-A", b"BE68"))
    return Answer("GET", "http://localhost/an/x", status, headers, body, 1.0)


def test_every_byte_holds_headers_and_body() -> None:
    answer = refusal("grant-missing")

    assert b"X-A: BE68" in answer.every_byte
    assert b"grant-missing" in answer.every_byte


def test_the_problem_is_the_name_after_the_hash() -> None:
    assert refusal("grant-withdrawn").problem == "grant-withdrawn"


def test_plain_json_is_no_problem_document() -> None:
    headers = ((b"content-type", b"application/json"),)
    answer = Answer("GET", "http://localhost/", 403, headers, b'{"type": "a#b"}', 1.0)

    assert answer.problem == ""


def test_a_wrong_status_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(Unexpected) as told:
        want_status(refusal("grant-missing"), 200, 304)

    assert str(told.value) == (
        "Expected status 200 or 304, but GET http://localhost/an/x answered 403"
        " grant-missing (No.)."
    )


@pytest.mark.parametrize("answer", [refusal("grant-missing"), refusal("grant-withdrawn", 404)])
def test_a_refusal_of_another_kind_or_status_is_unexpected(answer: Answer) -> None:
    with pytest.raises(Unexpected):
        want_refused(answer, "grant-withdrawn")


def test_a_refusal_as_expected_passes() -> None:
    answer = refusal("grant-withdrawn")

    assert want_refused(answer, "grant-withdrawn") is answer


VALUE: Json = {"controls": {"account": {"create": "/a"}}, "items": [{"n": 1}, True]}


def test_paths_lead_through_objects_and_lists() -> None:
    assert text_at(VALUE, "controls", "account", "create") == "/a"
    assert number_at(VALUE, "items", 0, "n") == 1
    assert len(items_at(VALUE, "items")) == 2


@pytest.mark.parametrize("path", [("nothing",), ("items", 2), ("items", "0"), ("items", 0, "n", 0)])
def test_a_missing_step_is_named(path: tuple[str | int, ...]) -> None:
    with pytest.raises(Unexpected, match=f"{path[-1]} is not there"):
        at(VALUE, *path)


def test_true_is_not_a_number_and_an_object_is_no_text() -> None:
    with pytest.raises(Unexpected):
        number_at(VALUE, "items", 1)
    with pytest.raises(Unexpected):
        text_at(VALUE, "controls")


def test_texts_are_found_at_any_depth_without_the_names_of_members() -> None:
    assert list(texts_in({"a": ["b", {"c": "d"}], "e": 1})) == ["b", "d"]


def test_a_body_that_is_not_json_is_unexpected() -> None:
    answer = Answer("GET", "http://localhost/", 200, (), b"<html>", 1.0)

    with pytest.raises(Unexpected, match="Expected JSON"):
        _ = answer.json
