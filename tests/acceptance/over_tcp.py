"""Plays the conformance scripts over TCP, against any acceptor.

    python -m tests.acceptance.over_tcp --port 9878 --version FIX.4.4 2c 4a
    python -m tests.acceptance.over_tcp --version FIX.4.4 --print-config 2c_number_too_low

The acceptor's sessions have to be configured as the script says; `--print-config` prints a
venue.toml that does it. A script leaves its numbers behind, so the acceptor has to be new to it.
"""

import argparse
import sys
from typing import Any

from protocol.fix.version import VERSIONS, Version
from tests.acceptance.player import Mismatch, play
from tests.acceptance.script import CLIENT, OTHER, VENUE, Script, scripts
from tests.acceptance.stages import OverTcp

NOTHING_RUN = 3


def configuration(script: Script, version: Version) -> str:
    """A venue.toml for one script."""
    lines = ["[venue]", f'comp_id = "{VENUE}"', "", "[fix]", "allow_unknown_sessions = false"]
    for client, keys in ((CLIENT, script.session), (OTHER, script.other)):
        lines += ["", "[[fix.sessions]]", f'begin_string = "{version.begin_string.decode()}"']
        lines += [f'target_comp_id = "{client}"']
        if version.appl_ver_id:
            lines += [f'default_appl_ver_id = "{version.appl_ver_id.decode()}"']
        lines += [f"{key} = {_toml(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def run(script: Script, version: Version, host: str, port: int) -> str:
    """PASS, FAIL with the reason, or SKIP where the script needs more than a wire."""
    out_of_reach = {step.verb for step in script.steps} & {"restart", "logout"}
    if out_of_reach:
        needs = " and ".join(sorted(out_of_reach)).upper()
        return f"SKIP {script.name} ({version.name}): {needs} cannot be done over TCP"
    stage = OverTcp(host, port)
    try:
        play(script, version, stage)
    except Mismatch as problem:
        return f"FAIL {problem}"
    finally:
        stage.close()
    return f"PASS {script.name} ({version.name})"


def main() -> int:
    """Exit code: 0 everything passed or was skipped, 1 something failed, 3 nothing was run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of script names; none is all")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9878)
    parser.add_argument("--version", choices=[one.name for one in VERSIONS], default="FIX.4.4")
    parser.add_argument("--print-config", action="store_true")
    options = parser.parse_args()
    version = next(one for one in VERSIONS if one.name == options.version)
    chosen = [
        script
        for script in scripts()
        if version in script.versions
        and (not options.names or script.name.startswith(tuple(options.names)))
    ]
    verdicts = []
    for script in chosen:
        if options.print_config:
            print(configuration(script, version))
            continue
        verdicts.append(run(script, version, options.host, options.port))
        print(verdicts[-1], flush=True)
    if not chosen:
        return NOTHING_RUN
    return 1 if any(verdict.startswith("FAIL") for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
