#!/usr/bin/env python3
"""Opens a sealed token by the text of formats.md alone: none of Countersign's code is used.

    open_sealed_token.py --key PRIVATE_KEY_HEX [--secret ACTIVATION_SECRET] < TOKEN
    open_sealed_token.py --vectors formats.md

Needs the package `cryptography` (PyPI) for X25519 and ChaCha20-Poly1305; HPKE (RFC 9180) is
written out here.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX = "countersign://token#"
INFO = b"countersign sealed token 1"

# RFC 9180, section 7: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + b"".join(i.to_bytes(2, "big") for i in (0x0020, 0x0001, 0x0003))

FIELDS = {"credential_id", "seed", "algorithm", "digits", "period", "name", "device", "platform"}


class Refused(Exception):
    """In the words of formats.md, of which the vectors say which is meant."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--key", help="the server's private key, 64 hexadecimal digits")
    arguments.add_argument("--secret", help="the activation secret, 43 characters of base64url")
    arguments.add_argument("--vectors", help="check every sealed token in this formats.md instead")
    given = arguments.parse_args()
    if given.vectors:
        check_vectors(open(given.vectors, encoding="utf-8").read())
    elif given.key:
        secret = base64url(given.secret) if given.secret else None
        try:
            print(open_token(sys.stdin.read(), bytes.fromhex(given.key), secret).decode())
        except Refused as why:
            sys.exit(f"refused: {why}")
    else:
        arguments.error("give --key or --vectors")


def check_vectors(document):
    blocks = dict(re.findall(r"^```json (\S+)\n(.*?)^```", document, re.MULTILINE | re.DOTALL))
    key = bytes.fromhex(json.loads(blocks["server-key"])["private_key"])
    names = [name for name in blocks if name.startswith("sealed-token-")]
    for name in names:
        vector = json.loads(blocks[name])
        secret = base64url(vector["secret"]) if "secret" in vector else None
        opened = open_token(vector["text"], key, secret)
        if opened.decode() != vector["plaintext"]:
            sys.exit(f"{name}: opened to something else: {opened!r}")
        print(f"{name}: opens to {opened.decode()}")
    refused = json.loads(blocks["refused-sealed-tokens"])
    for vector in refused:
        secret = base64url(vector["secret"]) if "secret" in vector else None
        met = why_refused(vector["text"], key, secret)
        if met != vector["why"]:
            sys.exit(f"{vector['note']}: must be refused as {vector['why']!r}, and is {met!r}")
        print(f"{vector['note']}: refused as {met!r}")
    if len(names) < 3 or len(refused) < 10:
        sys.exit("vectors are missing")


def why_refused(text, key, secret):
    try:
        open_token(text, key, secret)
    except Refused as why:
        return str(why)
    return "opened"


def open_token(text, private_key, secret):
    body = unframe(text)
    header_length = {0: 9, 1: 25}.get(body[0] if body else None)
    if header_length is None or len(body) < header_length + 32:
        raise Refused("malformed")
    mode, key_id = body[0], body[1:9]
    header, enc = body[:header_length], body[header_length : header_length + 32]
    ciphertext = body[header_length + 32 :]
    own = X25519PrivateKey.from_private_bytes(private_key).public_key()
    public_key = own.public_bytes(Encoding.Raw, PublicFormat.Raw)
    if hashlib.sha256(public_key).digest()[:8] != key_id:
        raise Refused("other server")
    if (mode == 1) != (secret is not None):
        raise Refused("cannot open")
    psk, psk_id = (secret, header[9:25]) if mode == 1 else (b"", b"")
    try:
        key, nonce = key_schedule(mode, decap(enc, private_key, public_key), INFO, psk, psk_id)
        plaintext = ChaCha20Poly1305(key).decrypt(nonce, ciphertext, header)
    except (InvalidTag, ValueError) as error:  # The latter: a point of small order, no room for a tag.
        raise Refused("cannot open") from error
    check(plaintext)
    return plaintext


def check(plaintext):
    pairs = json.loads(plaintext, object_pairs_hook=list)
    token = dict(pairs)
    whole = (
        len(pairs) == len(FIELDS)
        and token.keys() == FIELDS
        and 16 <= len(base64url(token["seed"])) <= 64
        and token["algorithm"] in ("SHA1", "SHA256", "SHA512")
        and token["digits"] in (6, 7, 8)
        and token["period"] in (30, 60)
    )
    if not whole:
        raise Refused("malformed")


def unframe(text):
    text = "".join(text.split())
    if not text.startswith(PREFIX + "1."):
        raise Refused("not a sealed token of version 1")
    framed = base64url(text[len(PREFIX) + 2 :])
    body, checksum = framed[:-4], framed[-4:]
    if hashlib.sha256(PREFIX.encode() + b"1." + body).digest()[:4] != checksum:
        raise Refused("damaged")
    return body


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# RFC 9180, section 4.1.
def decap(enc, private_key, public_key):
    dh = X25519PrivateKey.from_private_bytes(private_key).exchange(
        X25519PublicKey.from_public_bytes(enc)
    )
    eae_prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(KEM_SUITE, eae_prk, b"shared_secret", enc + public_key, 32)


# RFC 9180, section 5.1; the nonce of the first and only message is the base nonce.
def key_schedule(mode, shared_secret, info, psk, psk_id):
    psk_id_hash = labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", psk_id)
    info_hash = labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    context = bytes([mode]) + psk_id_hash + info_hash
    secret = labeled_extract(HPKE_SUITE, shared_secret, b"secret", psk)
    key = labeled_expand(HPKE_SUITE, secret, b"key", context, 32)
    base_nonce = labeled_expand(HPKE_SUITE, secret, b"base_nonce", context, 12)
    return key, base_nonce


# RFC 9180, section 4: LabeledExtract and LabeledExpand over HKDF (RFC 5869).
def labeled_extract(suite, salt, label, ikm):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def labeled_expand(suite, prk, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, info + b"\x01", "sha256")[:length]


if __name__ == "__main__":
    main()
