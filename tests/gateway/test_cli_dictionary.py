"""`venue dictionary VERSION`, and the XML it prints."""

import hashlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from gateway.cli import dictionary as command
from gateway.order_entry.fix_dictionaries import table
from protocol.fix.dictionary_xml import FILES, quickfix_xml

ROOT = Path(__file__).resolve().parents[2]


def venue(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments], cwd=ROOT, capture_output=True, check=False
    )


def test_the_command_prints_the_same_bytes_every_time() -> None:
    assert command.app is not None
    done = venue("dictionary", "FIX.4.4")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == quickfix_xml(table(), "FIX.4.4")


DIGESTS = {
    "FIX.4.0": "2fb3c23961ed67c4",
    "FIX.4.1": "3020e5ece0c03f32",
    "FIX.4.2": "fcf81476e929aec8",
    "FIX.4.3": "56face110593bae8",
    "FIX.4.4": "0681e27b3aedbdd1",
    "FIXT.1.1": "aec783bc43cb5c59",
    "FIX.5.0": "55cc8f58ad3f6f4c",
    "FIX.5.0SP1": "b5830b424ff72db2",
    "FIX.5.0SP2": "ba3ef99671bd4e35",
}
"""Of the bytes that are served. A new digest is a change that users of the files hear of."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_bytes_it_had(name: str) -> None:
    assert hashlib.sha256(quickfix_xml(table(), name)).hexdigest()[:16] == DIGESTS[name]


def test_an_unknown_version_is_refused_with_a_hint() -> None:
    done = venue("dictionary", "FIX.4.5")
    assert done.returncode == 2
    assert b'received "FIX.4.5" (did you mean FIX.4.4?)' in done.stderr


@pytest.mark.parametrize("name", FILES)
def test_every_name_in_a_file_is_a_field_of_it(name: str) -> None:
    root = ElementTree.fromstring(quickfix_xml(table(), name))
    fields = {field.get("name") for field in root.findall("fields/field")}
    assert len(fields) == len(root.findall("fields/field"))
    used = {
        node.get("name")
        for part in ("header", "trailer", "messages")
        for kind in ("field", "group")
        for node in root.findall(f"{part}//{kind}")
    }
    assert used == fields
    counts = {
        field.get("name")
        for field in root.findall("fields/field")
        if field.get("type") == "NUMINGROUP"
    }
    assert {group.get("name") for group in root.findall(".//group")} == counts


def test_the_transport_and_the_application_are_two_files() -> None:
    transport = ElementTree.fromstring(quickfix_xml(table(), "FIXT.1.1"))
    application = ElementTree.fromstring(quickfix_xml(table(), "FIX.5.0SP2"))
    assert {one.get("msgcat") for one in transport.findall("messages/message")} == {"admin"}
    assert {one.get("msgcat") for one in application.findall("messages/message")} == {"app"}
    assert transport.attrib == {"type": "FIXT", "major": "1", "minor": "1", "servicepack": "0"}
    assert application.findall("header/field") == []


def test_a_version_has_its_own_names_and_requirements() -> None:
    old = ElementTree.fromstring(quickfix_xml(table(), "FIX.4.2"))
    order = old.find("messages/message[@name='NewOrderSingle']")
    assert order is not None
    required = {f.get("name") for f in order.findall("field") if f.get("required") == "Y"}
    assert required == {"ClOrdID", "HandlInst", "Symbol", "Side", "OrdType", "TransactTime"}
    report = old.find("messages/message[@name='ExecutionReport']/field[@name='LastShares']")
    assert report is not None
