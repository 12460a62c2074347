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
    1277: 1278,
    1280: 1281,
    1282: 1283,
    1397: 1398,
    1401: 1402,
    1403: 1404,
    1468: 1469,
}
"""Length field -> the data field after it, which may hold delimiters."""

# fmt: off
GROUP_COUNT_TAGS = frozenset((
    33, 73, 78, 85, 124, 136, 146, 199, 215, 232, 267, 268, 295, 296, 382, 384, 386, 398, 420,
    428, 453, 454, 457, 473, 510, 518, 534, 539, 552, 555, 558, 576, 580, 604, 627, 670,
    683, 702, 711, 735, 753, 756, 768, 778, 781, 801, 802, 804, 806, 809, 816, 862, 864, 870,
    887, 897, 936, 938, 948, 952, 957, 981, 984, 1016, 1018, 1052, 1058, 1062, 1116, 1120, 1141,
    1158, 1165, 1175, 1177, 1201, 1205, 1218, 1232, 1234, 1235, 1236, 1237, 1239, 1286, 1292,
    1296, 1309, 1310, 1311, 1312, 1334, 1342, 1351, 1362, 1370, 1387, 1413, 1414, 1445, 1461,
    1475, 1483, 1491, 1494, 1499,
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
