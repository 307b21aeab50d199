"""Encryption of single fields, and keyed fingerprints that let an encrypted value be looked up."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kb_service.core.errors import Unavailable

KEY_BYTES = 32
NONCE_BYTES = 12
ALGORITHM = "aes256gcm.1"


class FieldCipher:
    """Keeps the algorithm's name in front of each ciphertext, so that another can take over later."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes")
        self._cipher = AESGCM(_derive(master, b"field"))
        self._fingerprint_key = _derive(master, b"fingerprint")

    def encrypt(self, value: str, bound_to: str) -> str:
        """`bound_to` names the row and field; the text cannot be decrypted anywhere else."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, value.encode(), bound_to.encode())
        return f"{ALGORITHM}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, text: str, bound_to: str) -> str:
        algorithm, _, body = text.partition(":")
        if algorithm != ALGORITHM:
            raise Unavailable(f"加密算法 {algorithm} 未启用，无法读取该信息。", code="unknown_algorithm")
        raw = base64.b64decode(body)
        try:
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
        except InvalidTag as error:
            raise Unavailable(
                "密钥不符或密文已被改动，无法读取该信息，请联系系统管理员。", code="bad_key"
            ) from error

    def fingerprint(self, value: str) -> str:
        return hmac.new(self._fingerprint_key, value.encode(), hashlib.sha256).hexdigest()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"kb/" + purpose).derive(master)


def load_key(configured: str, path: Path) -> bytes:
    """The configured key, else the one in `path`, which is made on first use, readable by its owner only."""
    if configured:
        try:
            key = base64.b64decode(configured, validate=True)
        except binascii.Error as error:
            raise ValueError("KB_SECRET_KEY must be base64 of 32 bytes") from error
        return key
    try:
        return base64.b64decode(path.read_text())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        key = secrets.token_bytes(KEY_BYTES)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(key).decode())
        # A hard link fails where another process was first: then its key is the one that counts.
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return base64.b64decode(path.read_text())
