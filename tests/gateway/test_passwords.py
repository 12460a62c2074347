"""gateway.passwords: chosen passwords, sealed."""

from gateway.passwords import is_right, seal


def test_a_seal_opens_for_the_chosen_password_alone() -> None:
    sealed = seal(b"chosen", b"configured")
    assert is_right(sealed, b"chosen", b"configured")
    assert not is_right(sealed, b"configured", b"configured")
    assert not is_right(sealed, b"", b"configured")


def test_without_a_seal_the_configured_password_is_right() -> None:
    assert is_right(b"", b"configured", b"configured")
    assert not is_right(b"", b"chosen", b"configured")


def test_a_newly_configured_password_overrides_the_chosen_one() -> None:
    sealed = seal(b"chosen", b"configured")
    assert is_right(sealed, b"reset", b"reset")
    assert not is_right(sealed, b"chosen", b"reset")


def test_equal_passwords_have_different_seals_and_none_shows_its_password() -> None:
    seals = {seal(b"chosen", b"configured") for _ in range(2)}
    assert len(seals) == 2
    assert not any(b"chosen" in one or b"configured" in one for one in seals)
