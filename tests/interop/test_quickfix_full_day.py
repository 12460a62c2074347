"""A day of QuickFIX with the venue's own dictionary: it validates every message it is sent."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.order_entry.fix_dictionaries import table
from protocol.fix.dictionary_xml import quickfix_xml
from tests.interop.venue_process import ROOT, VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.quickfix_client import Fields, QuickFixClient

pytestmark = pytest.mark.interop
BUY, SELL = 1, 2


def client_of(
    venue: VenueProcess, version: str, folder: Path, name: str, *more: str
) -> "QuickFixClient":
    """A client that checks what it gets as strictly as QuickFIX can."""
    require("quickfix")
    from tests.interop.quickfix_client import QuickFixClient

    transport = "FIXT.1.1" if version == "FIX.5.0SP2" else version
    for one in {version, transport}:
        (folder / f"{one}.xml").write_bytes(quickfix_xml(table(), one))
    settings = ["UseDataDictionary=Y"]
    if transport == version:
        settings.append(f"DataDictionary={folder / version}.xml")
    else:
        settings.append(f"TransportDataDictionary={folder / transport}.xml")
        settings.append(f"AppDataDictionary={folder / version}.xml")
    return QuickFixClient(venue.ports["fix"], name, version, folder, settings=(*settings, *more))


def act(venue: VenueProcess, *arguments: str) -> None:
    """`venue ctl`, as an operator."""
    command = [sys.executable, "-m", "gateway", "ctl"]
    command += ["--ports-file", str(venue.folder / "ports.json"), *arguments]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=30)


def told(client: "QuickFixClient", msg_type: str, **expected: str) -> "Fields":
    """The next application message, which has to be of this type with these values."""
    fields = client.next()
    wanted = {"35": msg_type, **{name.removeprefix("_"): value for name, value in expected.items()}}
    assert {tag: fields.get(int(tag)) for tag in wanted} == wanted, fields
    return fields


def trade_a_morning(client: "QuickFixClient", other: "QuickFixClient") -> str:
    """Every request and every kind of answer; returns the match number of a trade."""
    client.order("n1", BUY, 100, "AAPL", "187.00")
    told(client, "8", _11="n1", _39="0")
    other.order("s1", SELL, 40, "AAPL", "187.00")
    told(other, "8", _11="s1", _39="0")
    told(other, "8", _11="s1", _39="2")
    told(client, "8", _11="n1", _39="1", _32="40")
    client.replace("n1", "n2", BUY, 90, "AAPL", "186.50")
    told(client, "8", _11="n2", _41="n1", _151="50")
    client.status("n2", BUY, "AAPL")
    told(client, "8", _11="n2", _39="1")
    client.status("never", BUY, "AAPL")
    told(client, "8", _11="never", _39="8")
    client.cancel("n2", "n3", BUY, 90, "AAPL")
    told(client, "8", _11="n3", _39="4")
    client.cancel("n2", "n4", BUY, 90, "AAPL")
    told(client, "9", _11="n4", _41="n2")
    client.order("n1", BUY, 100, "AAPL", "187.00")
    told(client, "8", _11="n1", _39="8")
    client.order("n5", BUY, 100, "NOSUCH", "187.00")
    told(client, "8", _11="n5", _39="8")
    client.send("R", (131, "q1"), (146, 1), (55, "AAPL"))
    told(client, "j", _372="R", _380="3")
    return "1"


def ask_everything(client: "QuickFixClient", version: str) -> None:
    """Market data, reference data and what reconciles after an absence, while two orders rest."""
    client.order("r1", BUY, 10, "TSLA", "240.00")
    told(client, "8", _11="r1", _39="0")
    client.order("r2", SELL, 10, "TSLA", "250.00")
    told(client, "8", _11="r2", _39="0")
    book = ((267, 269, 0), (267, 269, 1), (267, 269, 2), (146, 55, "TSLA"))
    client.send("V", (262, "m1"), (263, 0), (264, 0), entries=book)
    told(client, "W", _262="m1", _268="2")
    client.send("V", (262, "m2"), (263, 1), (264, 1), (265, 1), entries=book)
    told(client, "W", _262="m2")
    client.cancel("r2", "r3", SELL, 10, "TSLA")
    told(client, "8", _11="r3", _39="4")
    told(client, "X", _262="m2", _279="2")
    client.send("V", (262, "m2"), (263, 2), (264, 1), entries=book)
    client.send("V", (262, "m3"), (263, 0), (264, 0), entries=(*book[:1], (146, 55, "NOSUCH")))
    told(client, "Y", _262="m3", _281="0")
    client.send("c", (320, "d1"), (321, 0), (55, "TSLA"))
    told(client, "d", _320="d1")
    client.send("e", (324, "s1"), (263, 0), (55, "TSLA"))
    told(client, "f", _324="s1", _326="17")
    client.send("g", (335, "t1"), (263, 0))
    told(client, "h", _335="t1", _340="2")
    client.send("Q", (37, "1"), (17, "1-0B"), (127, "D"), (55, "TSLA"), (54, 1))
    if version == "FIX.4.2":
        client.cancel("r1", "r4", BUY, 10, "TSLA")
        told(client, "8", _11="r4", _39="4")
        return
    client.send("x", (320, "l1"), (559, 4))
    told(client, "y", _320="l1", _560="0")
    client.send("AF", (584, "a1"), (585, 7))
    told(client, "8", _584="a1", _11="r1")
    client.send("AF", (584, "a2"), (585, 1), (55, "AAPL"))
    told(client, "8", _584="a2", _39="8")
    now = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S")
    parties = ((453, 448, "ACME"),)
    account = ((1, "ACME"), (581, 1), (715, now[:8]), (60, now))
    client.send("AN", (710, "p1"), (724, 0), *account, entries=parties)
    told(client, "AO", _710="p1", _728="0")
    while client.next()[35] != "AP":
        pass
    client.send("AD", (568, "c1"), (569, 0))
    told(client, "AQ", _568="c1", _749="0")
    told(client, "AE", _568="c1", _32="40")
    client.send("q", (11, "q1"), (530, 7), (60, now))
    told(client, "8", _11="r1", _39="4")
    told(client, "r", _11="q1", _531="7", _533="1")
    client.send("q", (11, "q2"), (530, 2), (60, now))
    told(client, "r", _11="q2", _531="0")
    client.send("BE", (923, "u1"), (924, 4), (553, "ACME"))
    told(client, "BF", _923="u1")


@pytest.mark.parametrize("version", ("FIX.4.2", "FIX.4.4", "FIX.5.0SP2"))
def test_quickfix_finds_nothing_wrong_in_a_whole_day(
    venue: VenueProcess, tmp_path: Path, version: str
) -> None:
    client = client_of(venue, version, tmp_path, "ACME")
    other = client_of(venue, version, tmp_path, "OTHER")
    with client, other:
        match_number = trade_a_morning(client, other)
        ask_everything(client, version)
        act(venue, "news", "lunch", "--headline", "noon")
        told(client, "B", _148="noon")
        told(other, "B", _148="noon")
        act(venue, "bust", match_number)
        told(client, "8", _11="n2", _39="4", _14="0")
        told(other, "8", _11="s1", _14="0")

        # The client dies, is traded with meanwhile, and finds it all at its next logon.
        client.order("d1", BUY, 100, "MSFT", "410.00")
        told(client, "8", _11="d1", _39="0")
        client.cut()
        other.order("s2", SELL, 30, "MSFT", "410.00")
        told(other, "8", _11="s2", _39="0")
        told(other, "8", _11="s2", _39="2")
        client.open()
        told(client, "8", _11="d1", _32="30", _43="Y")

        # The venue dies; both clients go on without a reset.
        venue.restart()
        for one in (client, other):
            one.wait_for_disconnect()
            one.wait_for_logon()
        client.order("d2", BUY, 10, "TSLA", "240.00")
        told(client, "8", _11="d2", _39="0")

        # What is asked for once more is validated, and dropped as already received.
        client.send("2", (7, 1), (16, 0))
        client.status("d2", BUY, "TSLA")
        told(client, "8", _11="d2", _39="0")
        assert client.nothing_left
    assert client.complaints() + other.complaints() == []

    # Numbers begin again, the orders stay; then the day ends.
    fresh = client_of(venue, version, tmp_path, "ACME", "ResetOnLogon=Y")
    with fresh:
        assert fresh.next_numbers == (2, 2)
        act(venue, "day", "end")
        ended = [told(fresh, "8", _39="C") for _ in range(2)]
        assert {fields[11] for fields in ended} == {"d1", "d2"}
    assert fresh.complaints() == []
