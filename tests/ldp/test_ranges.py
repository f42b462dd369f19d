# SPDX-License-Identifier: EUPL-1.2
"""Ranges, If-Range and checksums: the header alone, then real documents in rows and in files."""

from base64 import b64encode
from dataclasses import replace
from email import message_from_bytes
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp import digests
from ldp.ask import Answer, Ask
from ldp.conditions import read_conditions
from ldp.ranges import MOST_RANGES, Stretch, framed, goes_on, length_of, wanted
from ldp.reading import read
from ldp.writing import replace as put
from pod import rdf
from pod.contents import INLINE
from pod.errors import NoSuchRange, Unreadable
from pod.instant import http_date
from pod.iri import Iri
from tests.people import AN, ROOT, Asking, _body

TEXT = bytes(range(256)) * 4
LARGE = TEXT * 100


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", [(0, 10)]),
        ("bytes=5-", [(5, 95)]),
        ("bytes=-10", [(90, 10)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=90-1000", [(90, 10)]),  # spec §6: clamped, never 416
        ("bytes=99-99999999999999999999999999", [(99, 1)]),
        ("BYTES = 0-0 , ,2-3", [(0, 1), (2, 2)]),
        ("bytes=200-300,0-0", [(0, 1)]),
        ("bytes=50-60,0-0", [(50, 11), (0, 1)]),  # in the order of the asking
        ("bytes=100-", []),
        ("bytes=99999999999999999999999999-", []),
        ("bytes=-0", []),
        ("bytes=200-,-0", []),
    ],
)
def test_a_range_names_stretches(header: str, expected: list[tuple[int, int]]) -> None:
    assert wanted(header, 100) == tuple(Stretch(*each) for each in expected)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=9-5",
        "bytes=0-1,x",
        "bytes=0-1;2-3",
        "bytes=\u0660-\u0669",
        "bytes=+1-2",
        "bytes=1 -2",
        "lines=0-1",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(MOST_RANGES + 1)),
        "bytes=0-,0-",  # more than the whole
        "bytes=0-9,1-9,2-9,3-9",
        "bytes=0-" + "9" * 2000,
    ],
)
def test_what_is_no_range_or_costs_too_much_is_passed_over(header: str | None) -> None:
    assert wanted(header, 100) is None


def test_of_nothing_there_is_no_range() -> None:
    assert wanted("bytes=0-", 0) == ()
    assert wanted("bytes=-5", 0) is None


@given(st.text(max_size=60), st.integers(0, 1000))
def test_no_header_breaks_it(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        for stretch in wanted(header, size) or ():
            assert 0 <= stretch.start < stretch.end <= size


NUMBERS = st.one_of(st.none(), st.integers(0, 300))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20), st.integers(1, 200))
def test_stretches_are_what_rfc_9110_says(
    specs: list[tuple[int | None, int | None]], size: int
) -> None:
    header = "bytes=" + ",".join(
        f"{'' if a is None else a}-{'' if b is None else b}" for a, b in specs
    )

    found = wanted(header, size)

    # The model counts single positions, as the text does.
    broken = any((a is None and b is None) or (None not in (a, b) and b < a) for a, b in specs)  # type: ignore[operator]  # both are numbers there
    model = []
    for a, b in specs:
        first = size - (b or 0) if a is None else a
        last = size - 1 if a is None or b is None else b
        model.append([n for n in range(size) if first <= n <= last])
    satisfiable = [positions for positions in model if positions]
    if broken or len(specs) > MOST_RANGES:
        assert found is None
    elif found is not None:
        assert [list(range(s.start, s.end)) for s in found] == satisfiable
    else:
        assert len(satisfiable) > 1
        assert sum(map(len, satisfiable)) > min(size, len(set().union(*satisfiable)))


@given(st.lists(st.integers(0, 50), min_size=2, max_size=6))
def test_the_length_of_several_parts_is_what_is_sent(starts: list[int]) -> None:
    parts = framed([Stretch(start, 7) for start in starts], 100, "text/plain", "xyz")
    sent = b"".join(bytes(p.length) if isinstance(p, Stretch) else p for p in parts)

    assert length_of(parts) == len(sent)


def test_if_range_compares_strongly() -> None:
    at = 1_795_000_000_500
    date = http_date(at // 1000)

    assert goes_on(None, '"5.b"', at, at)
    assert goes_on('"5.b"', '"5.b"', at, at)
    assert not goes_on('W/"5.b"', '"5.b"', at, at)
    assert not goes_on('"4.b"', '"5.b"', at, at)
    assert goes_on(date, '"5.b"', at, at + 1000)
    assert not goes_on(date, '"5.b"', at, at)  # the second is not over: it may change again
    assert not goes_on(http_date(at // 1000 + 5), '"5.b"', at, at + 9000)
    assert not goes_on("nonsense", '"5.b"', at, at + 1000)


async def ask_for(an: Asking, path: str, method: str = "GET", **headers: str) -> Answer:
    named = {key.replace("_", "-").title(): value for key, value in headers.items()}
    ask = Ask(
        method,
        Iri(ROOT + path),
        AN,
        read_conditions(named),
        accept=named.get("Accept"),
        range=named.get("Range"),
        if_range=named.get("If-Range"),
        digests_wanted=digests.asked_for(named),
    )
    return await read(an.house, ask)


def sent(answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    return answer.body if isinstance(answer.body, bytes) else answer.body.read_bytes()


@pytest.fixture(params=[TEXT, LARGE], ids=["in a row", "in a file"])
async def body(request: pytest.FixtureRequest, an: Asking) -> bytes:
    whole: bytes = request.param
    await an("PUT", "b", AN, whole, "application/x-thing; v=1")
    return whole


async def test_one_range_is_206_with_every_header_of_a_200(an: Asking, body: bytes) -> None:
    assert len(TEXT) < INLINE < len(LARGE)
    whole = await ask_for(an, "b")
    assert (whole.status, sent(whole)) == (200, body)

    part = await ask_for(an, "b", range="bytes=10-19")

    assert (part.status, sent(part)) == (206, body[10:20])
    assert part.size == 10
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(body)}"
    assert part.headers["Accept-Ranges"] == whole.headers["Accept-Ranges"] == "bytes"
    assert {k: v for k, v in part.headers.items() if k != "Content-Range"} == whole.headers


async def test_several_ranges_are_multipart(an: Asking, body: bytes) -> None:
    part = await ask_for(an, "b", range="bytes=-5,0-2")
    content = sent(part)

    assert part.status == 206
    assert "Content-Range" not in part.headers  # RFC 9110 §15.3.7.2
    assert part.size == len(content)
    head = f"Content-Type: {part.headers['Content-Type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + content).get_payload()
    assert isinstance(parts, list)
    got = [(p["Content-Range"], p["Content-Type"], p.get_payload(decode=True)) for p in parts]  # type: ignore[union-attr,index]  # parts of a multipart are messages
    size, kind = len(body), "application/x-thing; v=1"
    assert got == [
        (f"bytes {size - 5}-{size - 1}/{size}", kind, body[-5:]),
        (f"bytes 0-2/{size}", kind, body[:3]),
    ]


async def test_a_range_beyond_the_end_is_416_and_says_how_long_it_is(
    an: Asking, body: bytes
) -> None:
    with pytest.raises(NoSuchRange) as refusal:
        await ask_for(an, "b", range=f"bytes={len(body)}-")

    assert refusal.value.headers["Content-Range"] == f"bytes */{len(body)}"
    assert (await an("GET", "b", AN)).status == 200


async def test_head_ignores_ranges_and_unknown_units_give_the_whole(
    an: Asking, body: bytes
) -> None:
    head = await ask_for(an, "b", "HEAD", range="bytes=0-1")
    lines = await ask_for(an, "b", range="lines=0-1")

    assert (head.status, head.size) == (200, len(body))
    assert (lines.status, sent(lines)) == (200, body)


async def test_if_range_goes_on_or_begins_anew(an: Asking, body: bytes) -> None:
    tag = (await ask_for(an, "b", "HEAD")).headers["ETag"]
    going_on = await ask_for(an, "b", range="bytes=5-", if_range=tag)
    assert (going_on.status, sent(going_on)) == (206, body[5:])

    await an("PUT", "b", AN, b"new" + body, "application/x-thing; v=1")
    anew = await ask_for(an, "b", range="bytes=5-", if_range=tag)

    assert (anew.status, sent(anew)) == (200, b"new" + body)


async def test_preconditions_come_before_ranges(an: Asking, body: bytes) -> None:
    tag = (await ask_for(an, "b", "HEAD")).headers["ETag"]

    same = await ask_for(an, "b", range=f"bytes={len(body)}-", if_none_match=tag)

    assert same.status == 304


async def test_what_is_made_on_request_has_no_ranges(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "<#a> <#p> 1 .", "text/turtle")

    for path, accept in (("d.ttl", rdf.JSON_LD), ("", rdf.TURTLE)):
        made = await ask_for(an, path, accept=accept, range="bytes=0-1")
        assert (made.status, made.headers["Accept-Ranges"]) == (200, "none")
    stored = await ask_for(an, "d.ttl", range="bytes=0-1")
    assert (stored.status, sent(stored)) == (206, b"<#")


async def test_a_download_goes_on_when_the_body_is_replaced_under_way(an: Asking) -> None:
    await an("PUT", "b", AN, LARGE, "image/png")
    under_way = await ask_for(an, "b")

    await an("PUT", "b", AN, b"other", "image/png")

    assert sent(under_way) == LARGE


async def test_a_body_whose_file_went_since_the_look_is_read_anew(an: Asking) -> None:
    await an("PUT", "b", AN, LARGE, "image/png")
    real = an.house.db
    looks = 0

    class Late:
        async def read(self, work: object, /, *args: object, **more: object) -> object:
            nonlocal looks
            looks += 1
            seen: object = await real.read(work, *args, **more)  # type: ignore[arg-type]  # handed on as it came
            if looks == 1:
                await an("PUT", "b", AN, TEXT, "image/png")
            return seen

    late = Asking(replace(an.house, db=Late()))  # type: ignore[arg-type]  # only reads are asked of it
    answer = await ask_for(late, "b")

    assert (answer.status, sent(answer), looks) == (200, TEXT, 2)


def of(content: bytes) -> str:
    return b64encode(sha256(content).digest()).decode()


async def test_checksums_are_sent_when_wanted(an: Asking, body: bytes) -> None:
    plain = await ask_for(an, "b")
    whole = await ask_for(an, "b", want_repr_digest="sha-512=9, sha-256=3")
    part = await ask_for(an, "b", want_repr_digest="sha-256=1", range="bytes=0-1")
    old = await ask_for(an, "b", "HEAD", want_digest="SHA-256;q=0.5, md5")
    unwanted = await ask_for(an, "b", want_repr_digest="sha-256=0", want_digest="md5")

    assert "Repr-Digest" not in plain.headers
    assert whole.headers["Repr-Digest"] == f"sha-256=:{of(body)}:"
    assert part.headers["Repr-Digest"] == whole.headers["Repr-Digest"]
    assert old.headers["Digest"] == f"SHA-256={of(body)}"
    assert not {"Repr-Digest", "Digest"} & set(unwanted.headers)
    assert sent(plain) == body


async def test_the_checksum_is_that_of_the_form_that_is_sent(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "<#a> <#p> 1 .", "text/turtle")
    await an("PUT", "empty", AN, "", "text/turtle")

    for path, accept in (("d.ttl", rdf.N_TRIPLES), ("", rdf.TURTLE), ("empty", rdf.TURTLE)):
        answer = await ask_for(an, path, accept=accept, want_repr_digest="sha-256=1")
        assert answer.headers["Repr-Digest"] == f"sha-256=:{of(sent(answer))}:"


@pytest.mark.parametrize("content", [TEXT, LARGE])
@pytest.mark.parametrize(
    "form", ["Repr-Digest|sha-256=:{}:", "Content-Digest|sha-256=:{}:", "Digest|SHA-256={}"]
)
async def test_a_body_that_did_not_arrive_as_it_was_sent_is_refused(
    content: bytes, form: str, an: Asking
) -> None:
    name, _, value = form.partition("|")

    def put_ask(digest: str) -> Ask:
        return Ask(
            "PUT",
            Iri(ROOT + "b"),
            AN,
            read_conditions({}),
            content_type="image/png",
            body=_body(content),
            digests=digests.sent({name: f"sha-512=:AA==:, {value.format(digest)}"}),
        )

    with pytest.raises(Unreadable) as refusal:
        await put(an.house, put_ask(of(b"other")))

    assert refusal.value.problem == "digest-mismatch"
    assert an.house.files.names() == set()
    assert (await an("GET", "b", AN)).status == 404
    assert (await put(an.house, put_ask(of(content)))).status == 201


def test_a_checksum_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(Unreadable):
        digests.sent({"Repr-Digest": "sha-256=:AAAA:"})
