#!/usr/bin/env python3
"""Verifies the audit by the text of audit.md alone: none of Countersign's code is used.

    verify_audit.py DATABASE [CHECKPOINTS] [--key HEX]

DATABASE is a copy of the server's countersign.db, CHECKPOINTS the file that was kept outside. Prints
what it finds, and ends with 1 where there is anything. Needs nothing but Python; Ed25519 is RFC 8032's
own, written out below.
"""

import argparse
import hashlib
import json
import sqlite3
import sys

COLUMNS = ("at", "actor", "actor_name", "actor_token", "kind", "outcome", "account", "serial",
           "purpose", "cause")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("database")
    arguments.add_argument("checkpoints", nargs="?", help="the file that was kept outside")
    arguments.add_argument("--key", help="the key that signed the first checkpoint")
    given = arguments.parse_args()
    database = sqlite3.connect(f"file:{given.database}?mode=ro", uri=True)
    kept = read_kept(given.checkpoints) if given.checkpoints else {}
    findings = []
    checkpoints = check_checkpoints(database, kept, given.key, findings)
    count = check_events(database, checkpoints, findings)
    for finding in findings:
        print(finding)
    print(f"{count} events, {len(checkpoints)} good checkpoints, {len(findings)} findings")
    sys.exit(1 if findings else 0)


def read_kept(path):
    kept = {}
    for line in open(path, encoding="utf-8", errors="replace"):
        try:
            checkpoint = json.loads(line)
            kept.setdefault(checkpoint["checkpoint"], checkpoint)
        except (ValueError, KeyError, TypeError):
            print("a line outside is no checkpoint, and was passed over", file=sys.stderr)
    return kept


def check_checkpoints(database, kept, first_key, findings):
    """The checkpoints that hold, by the last event that each covers."""
    names = ("checkpoint", "at", "last_event", "link", "before", "next_key", "key", "signature")
    rows = database.execute(
        "SELECT number, at, last_event, hex(link), hex(before), hex(next_key), hex(key), "
        "hex(signature) FROM audit_checkpoints ORDER BY number")
    key, before, number, good = first_key, "00" * 32, 0, {}
    for row in rows:
        stored = dict(zip(names, (v.lower() if isinstance(v, str) else v for v in row)))
        for missing in range(number + 1, stored["checkpoint"]):
            findings.append(f"checkpoint {missing} was removed")
            key = kept[missing]["next_key"] if missing in kept else None
            before = digest(kept[missing]) if missing in kept else None
        number = stored["checkpoint"]
        signed = verify(bytes.fromhex(stored["key"]), message(stored),
                        bytes.fromhex(stored["signature"]))
        if not signed or stored["key"] != (key or stored["key"]) or \
                stored["before"] != (before or stored["before"]):
            findings.append(f"checkpoint {number} is forged or does not follow")
        else:
            good[stored["last_event"]] = stored
            if kept.get(number, stored) != stored:
                findings.append(f"checkpoint {number} is another than the one kept outside")
        key, before = stored["next_key"], digest(stored)
    if kept and max(kept) > number:
        findings.append(f"the database ends at checkpoint {number}, but {max(kept)} was kept outside")
    return good


def check_events(database, checkpoints, findings):
    links = dict(database.execute("SELECT event, link FROM audit_links"))
    columns = ", ".join(f"CAST({column} AS TEXT)" for column in COLUMNS)
    link, at, count = bytes(32), 0, 0
    for event, *values in database.execute(f"SELECT id, {columns} FROM events ORDER BY id"):
        if event != at + 1:
            findings.append(f"events {at + 1} to {event - 1} were removed")
            link = links.get(event - 1)
        at, count = event, count + 1
        computed = link and next_link(link, event, values)
        if computed and links.get(event, computed) != computed:
            findings.append(f"event {event} was changed, or the link before it")
        link = links.get(event, computed)
        if event in checkpoints and link and link.hex() != checkpoints[event]["link"]:
            findings.append(f"events up to {event} were changed together with their links")
    last = max([*checkpoints, *links, 0])
    if at < last:
        findings.append(f"events {at + 1} to {last} were removed")
    return count


def next_link(link, event, values):
    text = b"countersign audit link 1" + link + event.to_bytes(8, "big")
    for value in values:
        if value is None:
            text += b"\xff\xff\xff\xff"
        else:
            text += len(value.encode()).to_bytes(4, "big") + value.encode()
    return hashlib.sha256(text).digest()


def message(checkpoint):
    numbers = (checkpoint["checkpoint"], checkpoint["at"], checkpoint["last_event"])
    parts = (checkpoint["link"], checkpoint["before"], checkpoint["next_key"], checkpoint["key"])
    return b"countersign audit checkpoint 1" + b"".join(n.to_bytes(8, "big") for n in numbers) \
        + b"".join(bytes.fromhex(part) for part in parts)


def digest(checkpoint):
    signed = message(checkpoint) + bytes.fromhex(checkpoint["signature"])
    return hashlib.sha256(signed).hexdigest()


# Ed25519, RFC 8032, section 5.1 and appendix A: slow, and short enough to be read.

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def decompress(text):
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y, 1, (P - x if x & 1 != sign else x) * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def verify(key, text, signature):
    a, r, s = decompress(key), decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if not a or not r or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % Q
    left, right = multiply(s, BASE), add(r, multiply(h, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P
                or (left[1] * right[2] - right[1] * left[2]) % P)


if __name__ == "__main__":
    main()
