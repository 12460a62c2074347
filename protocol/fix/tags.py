"""Which tags mean what to the session layer, as numbers.

Header and trailer lists: FIX 4.4 Vol. 2, "Standard Message Header/Trailer", and FIXT 1.1 (1128,
1129, 1156); data fields: each version's Volume 6 with the field that carries the length.
"""

# fmt: off
HEADER_TAGS = frozenset((
    8, 9, 34, 35, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145,
    212, 213, 347, 369, 370, 627, 628, 629, 630, 1128, 1129, 1156,
))
# fmt: on
TRAILER_TAGS = frozenset((10, 89, 93))

DATA_TAG_OF_LENGTH = {
    90: 91,
    93: 89,
    95: 96,
    212: 213,
    348: 349,
    350: 351,
    352: 353,
    354: 355,
    356: 357,
    358: 359,
    360: 361,
    362: 363,
    364: 365,
    445: 446,
    618: 619,
    621: 622,
    1184: 1185,
    1401: 1402,
    1403: 1404,
}
"""Length field -> the data field after it, which may hold delimiters."""

# fmt: off
GROUP_COUNT_TAGS = frozenset((
    33, 73, 78, 124, 136, 146, 199, 215, 232, 267, 268, 382, 384, 386, 398, 420, 428, 453, 454, 457,
    518, 539, 552,
    555, 576, 580, 582, 604, 627, 670, 683, 702, 711, 753, 768, 802, 804, 806, 862, 864, 870, 957,
    887, 1116, 1120, 1158, 1310, 1351, 1483, 1484, 1491,
))
# fmt: on
"""NumInGroup fields: behind one of them a tag may stand more than once."""

SECRET_TAGS = frozenset((554, 925, 1402, 1404))
"""Password, NewPassword, EncryptedPassword, EncryptedNewPassword; RawData(96) too in a Logon."""

REVERSED_ROUTING = ((115, 128), (116, 129), (128, 115), (129, 116), (144, 145), (145, 144))
"""(tag of the answer, tag of the message it answers), ascending by the first: on behalf of becomes
deliver to and back."""
REVERSED_ROUTING_40 = REVERSED_ROUTING[:4]
"""FIX 4.0 has no locations (144, 145)."""
