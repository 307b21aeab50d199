"""Encrypted fields open only with their key, in their own place."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.crypto import KEY_BYTES, FieldCipher, load_key
from kb_service.core.errors import Unavailable

CIPHER = FieldCipher(b"k" * KEY_BYTES)


@given(st.text())
def test_what_is_encrypted_comes_back(value: str) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(value, "row/name"), "row/name") == value


def test_the_same_value_never_looks_the_same_but_has_the_same_fingerprint() -> None:
    assert CIPHER.encrypt("13800138000", "a") != CIPHER.encrypt("13800138000", "a")
    assert CIPHER.fingerprint("13800138000") == CIPHER.fingerprint("13800138000")


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(Unavailable) as refused:
        CIPHER.decrypt(CIPHER.encrypt("张三", "row1/name"), "row2/name")
    assert refused.value.code == "bad_key"


def test_another_key_does_not_open_it() -> None:
    other = FieldCipher(b"o" * KEY_BYTES)
    with pytest.raises(Unavailable):
        other.decrypt(CIPHER.encrypt("张三", "a"), "a")


def test_an_unknown_algorithm_is_named() -> None:
    with pytest.raises(Unavailable) as refused:
        CIPHER.decrypt("sm4.1:AAAA", "a")
    assert refused.value.code == "unknown_algorithm"
    assert "sm4.1" in refused.value.detail


def test_a_configured_key_is_used_and_a_wrong_one_refused(tmp_path: Path) -> None:
    key = b"x" * KEY_BYTES
    assert load_key(base64.b64encode(key).decode(), tmp_path / "unused") == key
    assert not (tmp_path / "unused").exists()
    with pytest.raises(ValueError, match="base64"):
        load_key("not base64!", tmp_path / "unused")
    with pytest.raises(ValueError, match="bytes"):
        FieldCipher(load_key(base64.b64encode(b"short").decode(), tmp_path / "unused"))


def test_many_starting_processes_agree_on_one_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key("", path), range(16)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
