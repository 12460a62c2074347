"""What a decoder of FIX bytes raises, with the fields the session's answer needs.

RemoteProtocolError
├── GarbledMessage        ignored, not counted (FIX Session Layer test cases 2.d, 3.b-3.e)
└── MessageRejected       counted and answered with Reject(3)
"""

from protocol.errors import RemoteProtocolError
from protocol.fix.fields import SessionRejectReason


class GarbledMessage(RemoteProtocolError):
    """A frame that is no FIX message; the text says why."""


class MessageRejected(RemoteProtocolError):
    """A valid frame whose content breaks a rule; `ref_tag_id` None leaves RefTagID(371) out.

    `implied`: the reason alone says which tag it is, and not every engine names it. `other_words`:
    what QuickFIX/J says in place of the text, where that is different.
    """

    def __init__(
        self,
        reason: SessionRejectReason,
        text: str,
        ref_tag_id: int | None = None,
        *,
        implied: bool = False,
        other_words: str = "",
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.ref_tag_id = ref_tag_id
        self.implied = implied
        self.other_words = other_words


class FieldFormatError(RemoteProtocolError):
    """A value that is not what its field's type demands."""


class DecimalPrecisionError(FieldFormatError):
    """A decimal with more digits behind the point than can be held exactly."""
