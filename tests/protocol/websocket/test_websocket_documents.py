"""The documents of the wire agree with the vocabulary in force.

After a change of the vocabulary run this file as a script: it writes the schema anew.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol import feed, websocket_words
from protocol.feed import decode_message, decode_request

SPECS = Path(__file__).parents[3] / "specs" / "websocket"
BLOCKS = re.findall(r"```json\n(.*?)```", (SPECS / "README.md").read_text(), re.DOTALL)
EXAMPLES = [line for block in BLOCKS for line in block.splitlines()]
REQUESTS = feed.Request.__args__
MESSAGES = feed.Message.__args__


def document() -> str:
    """The AsyncAPI description, made from the Structs."""
    schemas: dict[str, Any]
    _, schemas = msgspec.json.schema_components(
        [*REQUESTS, *MESSAGES], ref_template="#/components/schemas/{name}"
    )

    def operation(action: str, kinds: tuple[type[msgspec.Struct], ...]) -> dict[str, Any]:
        return {
            "action": action,
            "channel": {"$ref": "#/channels/bridge"},
            "messages": [{"$ref": f"#/channels/bridge/messages/{kind.__name__}"} for kind in kinds],
        }

    names = [kind.__name__ for kind in (*REQUESTS, *MESSAGES)]
    described = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "venue: WebSocket order entry and market data",
            "version": str(websocket_words.PROTOCOL_VERSION),
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:9882", "protocol": "ws"}},
        "channels": {
            "bridge": {
                "address": "/",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            }
        },
        "operations": {
            "requests": operation("receive", REQUESTS),
            "messages": operation("send", MESSAGES),
        },
        "components": {
            "messages": {
                name: {"name": name, "payload": {"$ref": f"#/components/schemas/{name}"}}
                for name in names
            },
            "schemas": schemas,
        },
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def test_the_schema_is_the_vocabulary_in_force() -> None:
    assert (SPECS / "asyncapi.json").read_text() == document()


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: json.loads(text)["type"])
def test_every_example_of_the_rules_is_a_message(text: str) -> None:
    requests = {str(kind.__struct_config__.tag) for kind in REQUESTS}
    if json.loads(text)["type"] in requests:
        decode_request(text.encode())
    else:
        decode_message(text)


def test_the_rules_name_every_request_and_message() -> None:
    rules = (SPECS / "README.md").read_text()
    tags = {str(kind.__struct_config__.tag) for kind in (*REQUESTS, *MESSAGES)}
    assert {tag for tag in tags if f"`{tag}`" not in rules and f'"type":"{tag}"' not in rules} == (
        set()
    )


if __name__ == "__main__":
    (SPECS / "asyncapi.json").write_text(document())
