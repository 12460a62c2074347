"""How a configured FIX session behaves, in the protocol's words."""

from gateway.config import Config
from gateway.config import FixSession as ConfiguredSession
from gateway.order_entry.fix_applications import application_types, unavailable_types
from gateway.order_entry.fix_dictionaries import switches, validator
from protocol.fix.settings import NS_PER_S, FixSettings
from protocol.fix.version import Version

USER_TYPES = frozenset((b"BE",))
"""What every session may send, whatever its applications."""


def settings_before_logon(config: Config) -> FixSettings:
    """What counts until a Logon(A) says whose session it is."""
    return FixSettings(
        logon_timeout_ns=config.fix.logon_timeout * NS_PER_S,
        message_size_max=config.fix.max_message_size,
    )


def session_settings(
    configured: ConfiguredSession, version: Version, config: Config
) -> FixSettings:
    """The settings of a session once it is known."""
    echo = "echo" in configured.applications
    types = application_types(configured.applications)
    return FixSettings(
        application_types=types if echo else types | USER_TYPES,
        unavailable_types=unavailable_types(configured.applications),
        validator=validator(version.code, switches(configured), configured.data_dictionary),
        untyped=echo,
        heart_bt_int_min=configured.heart_bt_int_min,
        heart_bt_int_max=configured.heart_bt_int_max,
        reset_on_logon=configured.reset_on_logon,
        reset_on_logout=configured.reset_on_logout,
        reset_on_disconnect=configured.reset_on_disconnect,
        enable_next_expected_msg_seq_num=configured.enable_next_expected_msg_seq_num,
        enable_last_msg_seq_num_processed=configured.enable_last_msg_seq_num_processed,
        resend_request_chunk_size=configured.resend_request_chunk_size,
        timestamp_precision=configured.timestamp_precision,
        reject_style=configured.reject_style,
        reject_garbled_messages=configured.reject_garbled_messages,
        validate_checksum=configured.validate_checksum,
        check_comp_id=configured.check_comp_id,
        allow_third_party=configured.allow_third_party,
        requires_orig_sending_time=configured.requires_orig_sending_time,
        latency_limit_ns=configured.max_latency * NS_PER_S if configured.check_latency else None,
        logout_timeout_ns=configured.logout_timeout * NS_PER_S,
        message_size_max=config.fix.max_message_size,
    )
