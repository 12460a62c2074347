"""Secrets are blanked in what the journal keeps, and the frame stays as valid as it was."""

from protocol.fix.events import LogonRequested
from protocol.fix.secrets import carries_secrets, mask
from tests.protocol.fix.fix_scenes import T0, Peer, framed, shown

HEAD = f"35=A|34=1|49=ACME|52={T0}|56=XVEN|98=0|108=30|"


def test_passwords_become_stars_of_the_same_length() -> None:
    frame = framed(HEAD + "553=bob|554=secret|925=new")
    masked = mask(frame)
    assert shown(masked) == HEAD + "553=bob|554=******|925=***"
    assert len(masked) == len(frame)


def test_data_fields_are_blanked_to_their_length() -> None:
    text = HEAD + "95=5|96=a=\x02cd|553=bob|1401=3|1402=x|y|1403=2|1404=zz"
    assert (
        shown(mask(framed(text))) == HEAD + "95=5|96=*****|553=bob|1401=3|1402=***|1403=2|1404=**"
    )


def test_a_wrong_checksum_stays_wrong_and_a_right_one_right() -> None:
    frame = framed(HEAD + "554=secret")
    wrong = frame[:-4] + b"%03d\x01" % ((int(frame[-4:-1]) + 1) % 256)
    masked = mask(wrong)
    assert b"secret" not in masked
    assert int(masked[-4:-1]) == (sum(masked[:-7]) + 1) % 256
    assert mask(frame[:-4] + b"999\x01").endswith(b"10=999\x01")


def test_a_length_beyond_the_frame_blanks_all_but_the_trailer() -> None:
    masked = mask(framed(HEAD + "95=9999|96=secret"))
    assert b"secret" not in masked and masked[-7:-4] == b"10="


def test_only_logons_and_user_requests_are_searched() -> None:
    assert carries_secrets(framed("35=A|34=1"))
    assert carries_secrets(framed("35=BE|34=1"))
    assert not carries_secrets(framed("35=D|34=1"))
    assert mask(framed("35=A|34=1")) == framed("35=A|34=1")


def test_what_a_session_consumed_is_masked_and_yields_the_same_event() -> None:
    peer, second = Peer(), Peer()
    frame = peer.frame("35=A|34=1|98=0|108=30|553=bob|554=secret")
    peer.session.receive_data(frame + frame[:20], peer.now_ns)
    event = peer.session.next_event()
    assert isinstance(event, LogonRequested) and event.password == b"secret"
    consumed = peer.session.take_consumed()
    assert consumed == mask(frame)
    second.session.receive_data(consumed, peer.now_ns)
    again = second.session.next_event()
    assert isinstance(again, LogonRequested)
    assert (again.username, again.password) == (b"bob", b"******")


def test_a_garbled_logon_is_masked_too() -> None:
    peer = Peer()
    frame = peer.frame("35=A|34=1|98=0|108=30|554=secret")
    assert peer.sends(frame[:-4] + b"999\x01") == []
    assert peer.ended is not None
    assert b"secret" not in peer.session.take_consumed()
