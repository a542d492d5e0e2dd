#!/usr/bin/env python3
"""Opens a vault by the text of vault.md alone: none of Countersign's code is used.

    open_vault.py --pin PIN < ENTRIES      a JSON object of the keyring's entries, name to value
    open_vault.py --vectors vault.md       checks the vector in that text

Needs the packages `argon2-cffi` and `pynacl` (PyPI).
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys

from argon2.low_level import Type, hash_secret_raw
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt

NONCE_LENGTH = 24


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pin", help="the vault's PIN")
    arguments.add_argument("--vectors", help="check the vector in this vault.md instead")
    given = arguments.parse_args()
    if given.vectors:
        check_vector(open(given.vectors, encoding="utf-8").read())
    elif given.pin:
        print(json.dumps(open_vault(json.load(sys.stdin), given.pin), indent=2))
    else:
        arguments.error("give --pin or --vectors")


def check_vector(document):
    blocks = dict(re.findall(r"^```json (\S+)\n(.*?)^```", document, re.MULTILINE | re.DOTALL))
    entries, expected = json.loads(blocks["entries"]), json.loads(blocks["opened"])
    opened = open_vault(entries, expected["pin"])
    if opened != expected["credentials"]:
        sys.exit(f"what was opened differs:\n{json.dumps(opened, indent=2)}")
    for credential_id, code in expected["codes"].items():
        found = code_at(opened[credential_id], expected["at"])
        if found != code:
            sys.exit(f"{credential_id}: code {found}, expected {code}")
    print(f"{len(opened)} credentials opened, all as expected")


def open_vault(entries, pin):
    vault = json.loads(checked(base64.b64decode(entries["vault"])))
    if vault["version"] != 1:
        sys.exit("another version of the vault")
    if vault["lock"] is None:
        sys.exit("this vault is being erased")
    key = open_vault_key(vault["lock"], pin)
    return {i: open_credential(entries[f"credential:{i}"], i, key) for i in vault["credentials"]}


def checked(value):
    text, checksum = value[:-4], value[-4:]
    if hashlib.sha256(text).digest()[:4] != checksum:
        sys.exit("this entry is damaged")
    return text


def open_vault_key(lock, pin):
    derived = hash_secret_raw(
        secret=pin.encode(),
        salt=base64.b64decode(lock["salt"]),
        time_cost=lock["argon2id"]["passes"],
        memory_cost=lock["argon2id"]["memory_kib"],
        parallelism=lock["argon2id"]["lanes"],
        hash_len=32,
        type=Type.ID,
        version=0x13,
    )
    return unseal(derived, base64.b64decode(lock["wrapped_key"]), b"countersign vault key 1")


def open_credential(value, credential_id, key):
    data = base64.b64decode(value)
    version, sealed = data[:1], data[1:]
    if version != b"\x01":
        sys.exit("another version of the credential")
    associated_data = b"countersign credential " + version + credential_id.encode()
    return json.loads(unseal(key, sealed, associated_data))


def unseal(key, sealed, associated_data):
    nonce, ciphertext = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
    return crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, associated_data, nonce, key)


def code_at(credential, seconds):
    """The code at an instant, or the next one where codes are counted."""
    made_by = credential["totp"] or credential["hotp"]
    moving = seconds // made_by["period"] if credential["totp"] else made_by["counter"]
    seed = base64.b64decode(credential["seed"])
    digest = hmac.new(seed, moving.to_bytes(8, "big"), made_by["algorithm"].lower()).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10 ** made_by["digits"]).zfill(made_by["digits"])


if __name__ == "__main__":
    main()
