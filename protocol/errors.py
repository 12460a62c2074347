"""What can be wrong with bytes from the other side.

    RemoteProtocolError          the peer broke the protocol; the text goes to the log, often to
    the peer └── (each protocol adds its own, with the fields its answer needs)

A mistake of ours in calling a session is an `AssertionError` or `LocalProtocolError`: a bug, never
input."""


class RemoteProtocolError(Exception):
    """The peer sent what its protocol forbids. The text names field, expected, received."""


class LocalProtocolError(Exception):
    """Our own side called a session in a state that does not allow the call."""
