"""What each key of QuickFIX becomes in venue.toml, or why it becomes nothing."""

import re
from collections.abc import Callable
from typing import Any

from gateway.schedule import WEEKDAYS, parse_day, parse_time

Values = dict[str, Any]
"""Keys of venue.toml with their values."""
Convert = Callable[[str], Values]
"""What a value becomes; raises ValueError."""

_PRECISIONS = {
    "SECONDS": "seconds", "MILLIS": "milliseconds", "MICROS": "microseconds",
    "NANOS": "nanoseconds", "0": "seconds", "3": "milliseconds", "6": "microseconds",
    "9": "nanoseconds",
}  # fmt: skip
_APPL_VER_IDS = {
    "FIX.5.0": "7", "FIX.5.0SP1": "8", "FIX.5.0SP2": "9", "FIX50": "7", "FIX50SP1": "8",
    "FIX50SP2": "9", "FIXLatest": "10", "7": "7", "8": "8", "9": "9", "10": "10",
}  # fmt: skip


def _flag(key: str, *, inverted: bool = False) -> Convert:
    def convert(text: str) -> Values:
        if text.upper() not in ("Y", "N"):
            raise ValueError(f'expected Y or N, received "{text}"')
        return {key: (text.upper() == "Y") is not inverted}

    return convert


def _integer(key: str) -> Convert:
    def convert(text: str) -> Values:
        if re.fullmatch(r"[0-9]{1,9}", text) is None:
            raise ValueError(f'expected an integer, received "{text}"')
        return {key: int(text)}

    return convert


def _text(key: str) -> Convert:
    return lambda text: {key: text}


def _word(key: str, words: dict[str, str]) -> Convert:
    def convert(text: str) -> Values:
        if text.upper() not in words:
            raise ValueError(f'expected one of {", ".join(words)}, received "{text}"')
        return {key: words[text.upper()]}

    return convert


def _time(key: str) -> Convert:
    """HH:MM:SS; QuickFIX/J allows a time zone behind it."""

    def convert(text: str) -> Values:
        at, _, zone = text.partition(" ")
        parse_time(at)
        return {key: at, "time_zone": zone.strip()} if zone.strip() else {key: at}

    return convert


def _day(key: str) -> Convert:
    return lambda text: {key: WEEKDAYS[parse_day(text)]}


def _days(text: str) -> Values:
    return {"weekdays": [WEEKDAYS[parse_day(day.strip())] for day in text.split(",")]}


def _fraction(text: str) -> Values:
    """MillisecondsInTimeStamp, the oldest of the three ways to say it."""
    wanted = _flag("")(text)[""]
    return {"timestamp_precision": "milliseconds" if wanted else "seconds"}


def _addresses(text: str) -> Values:
    return {"allowed_remote_addresses": [one.strip() for one in text.split(",") if one.strip()]}


IDENTITY = {
    "BEGINSTRING": "BeginString",
    "SENDERCOMPID": "SenderCompID",
    "TARGETCOMPID": "TargetCompID",
    "CONNECTIONTYPE": "ConnectionType",
}

_KEYS: dict[str, Convert] = {
    "DefaultApplVerID": _word("default_appl_ver_id", _APPL_VER_IDS),
    "ResetOnLogon": _flag("reset_on_logon"),
    "ResetOnLogout": _flag("reset_on_logout"),
    "ResetOnDisconnect": _flag("reset_on_disconnect"),
    "CheckLatency": _flag("check_latency"),
    "MaxLatency": _integer("max_latency"),
    "CheckCompID": _flag("check_comp_id"),
    "RequiresOrigSendingTime": _flag("requires_orig_sending_time"),
    "LogonTimeout": _integer("logon_timeout"),
    "LogoutTimeout": _integer("logout_timeout"),
    "ResendRequestChunkSize": _integer("resend_request_chunk_size"),
    "EnableNextExpectedMsgSeqNum": _flag("enable_next_expected_msg_seq_num"),
    "SendNextExpectedMsgSeqNum": _flag("enable_next_expected_msg_seq_num"),
    "EnableLastMsgSeqNumProcessed": _flag("enable_last_msg_seq_num_processed"),
    "RejectGarbledMessage": _flag("reject_garbled_messages"),
    "ValidateChecksum": _flag("validate_checksum"),
    "ValidateLengthAndChecksum": _flag("validate_checksum"),
    "ValidateFieldsOutOfOrder": _flag("validate_fields_out_of_order"),
    "ValidateFieldsHaveValues": _flag("validate_fields_have_values"),
    "ValidateUserDefinedFields": _flag("validate_user_defined_fields"),
    "AllowUnknownMsgFields": _flag("allow_unknown_msg_fields"),
    "TimeStampPrecision": _word("timestamp_precision", _PRECISIONS),
    "MillisecondsInTimeStamp": _fraction,
    "NonStopSession": _flag("non_stop_session"),
    "StartTime": _time("start_time"),
    "EndTime": _time("end_time"),
    "StartDay": _day("start_day"),
    "EndDay": _day("end_day"),
    "Weekdays": _days,
    "TimeZone": _text("time_zone"),
    "SocketAcceptPort": _integer("fix"),
    "SocketConnectPort": _integer("fix"),
    "SocketAcceptAddress": _text("host"),
    "SocketAcceptHost": _text("host"),
    "AllowedRemoteAddresses": _addresses,
    "Username": _text("username"),
    "Password": _text("password"),
}
"""QuickFIX's, QuickFIX/J's and QuickFIX/Go's spellings, where they differ; compared without case,
so that C++'s TimestampPrecision is Java's TimeStampPrecision."""

_JOURNAL = "the journal is kept in venue.data_dir"
_LOG = "the journal holds every message; `venue journal show` prints it"
_INITIATOR = "an initiator's business"
_DICTIONARY = "the venue has its own dictionary of every version"
_TLS = "TLS is configured in [listen.tls], with files in PEM"
_SOCKET = "the venue decides on its sockets"
_PROCESS = "of QuickFIX's own process"

_REASONS: dict[str, tuple[str, ...]] = {
    _JOURNAL: (
        "FileStorePath", "FileStoreMaxCachedMsgs", "FileStoreSync", "PersistMessages",
        "JdbcDriver", "JdbcURL", "JdbcUser", "JdbcPassword", "JdbcDataSourceName",
        "JdbcStoreMessagesTableName", "JdbcStoreSessionsTableName", "RefreshOnLogon",
        "MySQLStoreDatabase", "MySQLStoreUser", "MySQLStorePassword", "MySQLStoreHost",
        "MySQLStorePort", "PostgreSQLStoreDatabase", "PostgreSQLStoreUser",
        "PostgreSQLStorePassword", "PostgreSQLStoreHost", "PostgreSQLStorePort",
        "SleepycatDatabaseDir", "SQLStoreDriver", "SQLStoreDataSourceName",
    ),
    _LOG: (
        "FileLogPath", "FileLogBackupPath", "FileLogHeartbeats", "FileIncludeMilliseconds",
        "FileIncludeTimeStampForMessages", "ScreenLogShowEvents", "ScreenLogShowIncoming",
        "ScreenLogShowOutgoing", "ScreenLogShowHeartBeats", "ScreenIncludeMilliseconds",
        "ScreenLogEvents", "SLF4JLogEventCategory", "SLF4JLogIncomingMessageCategory",
        "SLF4JLogOutgoingMessageCategory", "DebugFileLogPath",
    ),
    _INITIATOR: (
        "ReconnectInterval", "SocketConnectHost", "SocketConnectHost1", "SocketConnectPort1",
        "SocketConnectProtocol", "SocketConnectTimeout", "SocketLocalHost", "SocketLocalPort",
        "LogonTime", "LogonDay", "LogoutTime", "LogoutDay", "LogonTag", "DynamicSession",
        "MaxLatencyInitiator", "SocketTimeout",
    ),
    "the client asks for it in its Logon(A)": ("HeartBtInt",),
    "the factors are 1.2 and 2.4": (
        "HeartBeatTimeoutMultiplier", "TestRequestDelayMultiplier", "DisableHeartBeatCheck",
    ),
    _DICTIONARY: (
        "UseDataDictionary", "DataDictionary", "AppDataDictionary", "TransportDataDictionary",
        "ValidateIncomingMessage", "ValidateUnorderedGroupFields", "FirstFieldInGroupIsDelimiter",
        "CheckRequiredTags",
    ),
    _TLS: (
        "SocketUseSSL", "SocketKeyStore", "SocketKeyStorePassword", "SocketTrustStore",
        "SocketTrustStorePassword", "NeedClientAuth", "EnabledProtocols", "CipherSuites",
        "KeyStoreType", "TrustStoreType", "KeyManagerFactoryAlgorithm", "SSLEnable",
        "TrustManagerFactoryAlgorithm", "UseSNI", "EndpointIdentificationAlgorithm",
        "SSL_CA_CERTIFICATE", "SERVER_CERTIFICATE_FILE", "SERVER_CERTIFICATE_KEY_FILE",
        "CLIENT_CERTIFICATE_FILE", "CLIENT_CERTIFICATE_KEY_FILE", "CERTIFICATE_VERIFY_LEVEL",
        "CERTIFICATE_AUTHORITIES_FILE", "CERTIFICATE_AUTHORITIES_DIRECTORY", "SSL_PROTOCOL",
        "SSL_CIPHER_SUITE", "CERTIFICATE_REVOCATION_LIST_FILE", "SocketCAFile",
        "CERTIFICATE_REVOCATION_LIST_DIRECTORY", "SocketPrivateKeyFile", "SocketCertificateFile",
        "SocketInsecureSkipVerify", "SocketMinimumTLSVersion", "SocketServerName",
    ),
    "PROXY protocol is configured in listen.proxy_protocol": ("UseTCPProxy", "ProxyType"),
    _SOCKET: (
        "SocketReuseAddress", "SocketNodelay", "SocketTcpNoDelay", "SocketSendBufferSize",
        "SocketReceiveBufferSize", "SocketKeepAlive", "SocketLinger", "SocketOobInline",
        "SocketTrafficClass", "SocketSynchronousWrites", "SocketSynchronousWriteTimeout",
        "SocketAcceptProtocol", "MaxScheduledWriteRequests", "HTTPAcceptPort", "InChanCapacity",
    ),
    "times are in time_zone, or in venue.time_zone": ("UseLocalTime",),
    "this venue has no such switch": (
        "SendRedundantResendRequests", "ClosedResendInterval", "ForceResendWhenCorruptedStore",
        "ValidateSequenceNumbers", "AllowPosDup", "PreserveMessageFieldsOrder",
        "RejectInvalidMessage", "RejectMessageOnUnhandledException", "ResetOnError",
        "DisconnectOnError", "ContinueInitializationOnError", "IgnorePossDupResendRequests",
        "NextExpectedMsgSeqNumIncludesLogon", "SendLogoutBeforeDisconnectFromTimeout",
        "RejectLogon", "AcceptorTemplate", "ValidateLatency", "ResetSeqTime",
    ),
    "a session is BeginString and two CompIDs here": (
        "SessionQualifier", "SenderSubID", "SenderLocationID", "TargetSubID", "TargetLocationID",
        "SessionID",
    ),
    _PROCESS: ("SessionName", "SessionDescription", "Description", "ThreadPool", "JmxEnabled"),
}  # fmt: skip
"""Why a key that QuickFIX knows is not carried over."""

CONVERTED = {key.upper(): convert for key, convert in _KEYS.items()}
NOT_CARRIED_OVER = {key.upper(): reason for reason, keys in _REASONS.items() for key in keys}
SPELLINGS = (*_KEYS, *IDENTITY.values(), *(key for keys in _REASONS.values() for key in keys))
