"""`data_dictionary` of a FIX session: found beside venue.toml, read before anybody logs on."""

from pathlib import Path

import pytest

from gateway.config import ConfigError
from gateway.config_file import load_config
from gateway.order_entry.fix_dictionaries import table
from protocol.fix.dictionary_xml import quickfix_xml

SESSION = """[[fix.sessions]]
begin_string = "{}"
target_comp_id = "ACME"
data_dictionary = "own.xml"
"""


def written(folder: Path, begin_string: str, more: str = "", xml: str = "FIX.4.4") -> Path:
    (folder / "own.xml").write_bytes(quickfix_xml(table(), xml))
    file = folder / "venue.toml"
    file.write_text(SESSION.format(begin_string) + more)
    return file


def test_the_file_is_seen_from_the_folder_of_venue_toml(tmp_path: Path) -> None:
    (session,) = load_config(written(tmp_path, "FIX.4.4")).fix.sessions
    assert session.data_dictionary == str(tmp_path / "own.xml")


def test_a_file_of_another_version_is_refused_by_key_and_line(tmp_path: Path) -> None:
    file = written(tmp_path, "FIX.4.2")
    with pytest.raises(ConfigError) as raised:
        load_config(file)
    assert str(raised.value) == (
        f"{file}:4: fix.sessions[0].data_dictionary: {tmp_path}/own.xml: <fix>: expected"
        " type='FIX' major='4' minor='2' servicepack='0' for FIX.4.2,"
        " received type='FIX' major='4' minor='4' servicepack='0'"
    )


def test_over_fixt_the_session_has_to_name_the_version_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "FIXT.1.1", xml="FIX.5.0SP2")
    with pytest.raises(
        ConfigError, match='expected default_appl_ver_id "7", "8", "9" or "10" with it'
    ):
        load_config(file)
    file = written(tmp_path, "FIXT.1.1", 'default_appl_ver_id = "9"\n', xml="FIX.5.0SP2")
    assert load_config(file).fix.sessions[0].data_dictionary == str(tmp_path / "own.xml")
