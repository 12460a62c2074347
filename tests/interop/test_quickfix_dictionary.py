"""QuickFIX itself reads the dictionaries that the venue prints."""

from pathlib import Path

import pytest

from gateway.order_entry.fix_dictionaries import table
from protocol.fix.dictionary_xml import FILES, quickfix_xml
from tests.needs import require

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("name", FILES)
def test_quickfix_loads_the_file(tmp_path: Path, name: str) -> None:
    quickfix = require("quickfix")
    file = tmp_path / "dictionary.xml"
    file.write_bytes(quickfix_xml(table(), name))
    dictionary = quickfix.DataDictionary(str(file))
    assert dictionary.isMsgType("0") == (not name.startswith("FIX.5"))
    assert dictionary.isMsgType("D") == (name != "FIXT.1.1")
