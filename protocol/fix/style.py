"""What differs between the two families of deployed engines in how they refuse.

`quickfix` is what the public acceptance scripts of QuickFIX (C++) and quickfixgo expect,
`quickfixj` what those of QuickFIX/J do. One table: the rules raise the same rejection for both,
with every tag that is known. specs/fix/README.md lists where either leaves the standard's cases.
"""

from typing import Literal

import msgspec

from protocol.fix.errors import MessageRejected
from protocol.fix.fields import SessionRejectReason
from protocol.fix.values import printable

RejectStyle = Literal["quickfix", "quickfixj"]

_REPAIR = "; venue ctl set-seq moves the venue's number"


class Style(msgspec.Struct, frozen=True):
    """One family's words and places."""

    tag_suffix: str
    """How Text(58) names the tag where no RefTagID(371) can: before FIX 4.2."""
    named_reasons: frozenset[SessionRejectReason] = frozenset()
    """Reasons whose Text(58) names the tag in later versions, too."""
    implied_tags: bool = False
    """RefTagID(371) where the reason says it already: 11.c, 2.f, 2.o, 2.q."""
    logout_text: bool = False
    """Text(58) in the Logout(5) that follows a rejection: 2.f, 2.k, 2.o."""
    answers_invalid_logon: bool = False
    """A Logon(A) that is known but invalid gets a Logout(5) (1S.d); else the connection closes
    without a word."""
    repair: str = ""
    """Added to the Text(58) that says the peer saw more than was sent."""
    business_reject_appl_ver_id: bool = False
    """DefaultApplVerID(1137) at the end of the session's own BusinessMessageReject(j) over
    FIXT 1.1 (2.r)."""
    other_words: bool = False
    """Text(58) in QuickFIX/J's words where they are different."""

    def ref_tag_id(self, rejection: MessageRejected) -> int | None:
        """The tag to name, None where this style leaves it out."""
        return None if rejection.implied and not self.implied_tags else rejection.ref_tag_id

    def text(self, rejection: MessageRejected, *, has_reject_codes: bool) -> bytes:
        """Text(58) of a Reject(3)."""
        text = rejection.text
        if self.other_words and rejection.other_words:
            text = rejection.other_words
        tag = self.ref_tag_id(rejection)
        if tag is not None and (not has_reject_codes or rejection.reason in self.named_reasons):
            text += self.tag_suffix.format(tag)
        return text.encode()

    def logout(self, rejection: MessageRejected) -> bytes:
        """Text(58) of the Logout(5) after a rejection that ends the session."""
        if not self.logout_text:
            return b""
        return self._with_tag(rejection).encode()

    def invalid_logon(self, rejection: MessageRejected) -> bytes | None:
        """Text(58) of the Logout(5) in answer to an invalid Logon(A); None: no answer."""
        if not self.answers_invalid_logon:
            return None
        return b"Invalid Logon message: " + self._with_tag(rejection).encode()

    def unknown_appl_ver_id(self, default_appl_ver_id: bytes) -> str:
        """Text(58) of the Logout(5) to a DefaultApplVerID(1137) not spoken; empty: no answer."""
        if not self.answers_invalid_logon:
            return ""
        return f"Invalid DefaultApplVerID={printable(default_appl_ver_id)}"

    def seen_more(self, expected: int, received: int) -> bytes:
        """Text(58) of the Logout(5) to a NextExpectedMsgSeqNum(789) beyond what was sent."""
        text = "Tag 789 (NextExpectedMsgSeqNum) is higher than expected."
        return f"{text} Expected {expected}, Received {received}{self.repair}".encode()

    def asked_for_more(self, expected: int, received: int) -> bytes:
        """Text(58) of the Logout(5) to a BeginSeqNo(7) beyond what was sent."""
        text = f"BeginSeqNo(7) too high: expected at most {expected}, received {received}"
        return (text + self.repair).encode()

    def _with_tag(self, rejection: MessageRejected) -> str:
        tag = rejection.ref_tag_id
        return rejection.text + ("" if tag is None else self.tag_suffix.format(tag))


STYLES: dict[RejectStyle, Style] = {
    "quickfix": Style(
        tag_suffix=" ({})",
        repair=_REPAIR,
        business_reject_appl_ver_id=True,
    ),
    "quickfixj": Style(
        tag_suffix=", field={}",
        named_reasons=frozenset((SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE,)),
        implied_tags=True,
        logout_text=True,
        answers_invalid_logon=True,
        other_words=True,
    ),
}
