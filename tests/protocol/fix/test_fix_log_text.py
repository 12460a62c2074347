"""protocol.fix.log_text: messages found in logs of any form, in portions of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.fix.framing import checksum
from protocol.fix.log_text import MESSAGE_MAX, Found, LogText

DELIMITERS = (b"\x01", b"|", b"^A", b"<SOH>", b";")
CUT_OFF = "CheckSum(10) missing: the message is cut off"


def message(*fields: tuple[int, bytes]) -> bytes:
    body = b"".join(b"%d=%b\x01" % field for field in fields)
    data = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return data + b"10=%03d\x01" % checksum(data)


def read(*portions: bytes) -> tuple[list[Found], int]:
    """What is found, and how many lines held nothing."""
    log = LogText(lambda tag: tag in (95, 354))
    found = [one for portion in portions for one in log.receive(portion)]
    return found + list(log.finish()), log.other_lines


HEARTBEAT = message((35, b"0"), (34, b"7"), (49, b"A"), (56, b"B"))
HEARTBEAT_FIELDS = (
    (8, b"FIX.4.4"), (9, b"25"), (35, b"0"), (34, b"7"), (49, b"A"), (56, b"B"), (10, b"217"),
)  # fmt: skip


@pytest.mark.parametrize("delimiter", DELIMITERS, ids=repr)
@pytest.mark.parametrize("trailing", [True, False], ids=["whole", "last delimiter gone"])
def test_every_delimiter_is_told_by_what_follows_begin_string(
    delimiter: bytes, trailing: bool
) -> None:
    line = HEARTBEAT.replace(b"\x01", delimiter)
    line = line if trailing else line.removesuffix(delimiter)
    found, other = read(b"09:30:00 IN " + line + b"\nnothing here\n" + line)
    assert [one.fields for one in found] == [found[0].fields] * 2
    assert dict(found[0].fields) == dict(HEARTBEAT_FIELDS) | {9: found[0].fields[1][1]} | {
        10: found[0].fields[-1][1]
    }
    assert [(one.prefix, one.problems) for one in found] == [(b"09:30:00 IN", ()), (b"", ())]
    assert other == 1


def test_many_messages_may_stand_on_one_line_or_on_none() -> None:
    found, other = read(HEARTBEAT * 3 + b"  " + HEARTBEAT)
    assert (len(found), other) == (4, 0)


def test_data_may_hold_delimiters_and_a_whole_message() -> None:
    inner = HEARTBEAT[:-1]
    whole = message((35, b"B"), (95, b"%d" % len(inner)), (96, inner), (58, b"x"))
    (found,), _ = read(whole)
    assert dict(found.fields)[96] == inner
    assert found.problems == ()


def test_a_typed_delimiter_may_stand_in_a_value() -> None:
    line = message((35, b"B"), (58, b"a;b")).replace(b"\x01", b";")
    (found,), _ = read(line)
    assert (dict(found.fields)[58], found.problems) == (b"a;b", ())


def test_a_wrong_length_and_a_wrong_sum_are_said_with_both_numbers() -> None:
    (found,), _ = read(b"8=FIX.4.4|9=99999|35=0|10=000|")
    assert found.problems == (
        "BodyLength(9) wrong: expected 5, received 99999",
        "CheckSum(10) wrong: expected 139, received 000",
    )
    (found,), _ = read(b"8=FIX.4.4|35=0|10=042|")
    assert found.problems[0] == "BodyLength(9) missing"


def test_what_is_cut_off_is_shown_as_far_as_it_goes() -> None:
    found, _ = read(b"8=FIX.4.4|9=50|35=0|34=7\n" + HEARTBEAT + b"8=FIX.4.4\x019=5\x0135=")
    assert [one.problems for one in found] == [(CUT_OFF,), (), (CUT_OFF,)]
    assert found[0].fields[-1] == (34, b"7")


def test_a_message_without_an_end_ends_at_the_limit() -> None:
    endless = b"8=FIX.4.4\x019=5\x0158=" + b"x" * 2 * MESSAGE_MAX
    found, _ = read(*(endless[at : at + 65_536] for at in range(0, len(endless), 65_536)))
    assert [one.problems for one in found] == [(CUT_OFF,)]


def test_a_log_without_messages_is_counted() -> None:
    assert read(b"one\n\ntwo 108=FIX.4.4|\n") == ([], 2)


lines = st.lists(
    st.sampled_from(
        (
            HEARTBEAT + b"\n",
            b"12:00 " + HEARTBEAT.replace(b"\x01", b"|") + b"\n",
            HEARTBEAT.replace(b"\x01", b"^A") + HEARTBEAT.replace(b"\x01", b"^A") + b"\r\n",
            message((35, b"B"), (95, b"3"), (96, b"\x0110"), (58, b"x")),
            b"8=FIX.4.4|9=50|35=0|34=7\n",
            b"8=FIX.4.4|9=5|35=0|10=000|\n",
            b"words 8=FIX\n",
            b"\n",
        )
    ),
    max_size=6,
)


@given(lines, st.integers(1, 40))
def test_any_portions_give_the_same_messages(log: list[bytes], size: int) -> None:
    whole = b"".join(log)
    assert read(*(whole[at : at + size] for at in range(0, len(whole), size))) == read(whole)


@given(st.binary(max_size=300))
def test_garbage_is_absorbed(garbage: bytes) -> None:
    read(b"8=FIX.4.4\x01" + garbage)
