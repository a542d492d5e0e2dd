#!/usr/bin/env python3
"""Verifies the audit by the text of audit.md alone: none of Countersign's code is used.

    verify_audit.py DATABASE [CHECKPOINTS] [--key HEX]

DATABASE is the server's countersign.db, or a copy of it made with `sqlite3 countersign.db "VACUUM INTO
'copy.db'"`: a plain copy lacks what still lies in the file beside it. CHECKPOINTS is the file that was
kept outside. Prints what it finds, in the words of `audit verify`, and ends with 1 where there is
anything. Needs nothing but Python; Ed25519 is RFC 8032's own, written out below.
"""

import argparse
import functools
import hashlib
import json
import sqlite3
import sys

COLUMNS = ("at", "actor", "actor_name", "actor_token", "kind", "outcome", "account", "serial",
           "purpose", "cause")
# A link covers it only where there is one.
LATER = "reference"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("database")
    arguments.add_argument("checkpoints", nargs="?", help="the file that was kept outside")
    arguments.add_argument("--key", help="the key that signed the first checkpoint")
    given = arguments.parse_args()
    database = sqlite3.connect(f"file:{given.database}?mode=ro", uri=True)
    # One moment of the database, also while a server writes to it.
    database.execute("BEGIN")
    findings = []
    below = [database.execute(f"SELECT count(*) FROM {table} WHERE {number} < 1").fetchone()[0]
             for table, number in (("events", "id"), ("audit_links", "event"),
                                   ("audit_checkpoints", "number"))]
    if sum(below):
        findings.append(f"added where none can be: {sum(below)} records numbered below 1")
    kept = read_kept(given.checkpoints, findings) if given.checkpoints else {}
    key = given.key.strip().lower() if given.key else None
    checkpoints, covered = check_checkpoints(database, kept, key, findings)
    count = check_events(database, checkpoints, covered, findings)
    findings = [finding if isinstance(finding, str) else run(*finding) for finding in findings]
    for finding in findings:
        print(finding)
    print(f"{count} events, {len(checkpoints)} good checkpoints, {len(findings)} findings")
    sys.exit(1 if findings else 0)


def tell(findings, words, what, first, last):
    """Adds a finding about a run of records; one that only goes on with the last is part of it."""
    before = findings[-1] if findings else None
    if isinstance(before, list) and before[:2] == [words, what] and before[3] + 1 == first:
        before[3] = last
    else:
        findings.append([words, what, first, last])


def run(words, what, first, last):
    return words + (f"{what} {first}" if first == last else f"{what}s {first} to {last}")


def read_kept(path, findings):
    """The checkpoints of a file, by number; of two the first that is signed."""
    kept = {}
    for line in open(path, encoding="utf-8", errors="replace"):
        try:
            checkpoint = json.loads(line)
            number, signed = checkpoint["checkpoint"], is_signed(checkpoint)
        except (ValueError, KeyError, TypeError, OverflowError):
            print("a line outside is no checkpoint, and was passed over", file=sys.stderr)
            continue
        if not signed or kept.setdefault(number, checkpoint) != checkpoint:
            findings.append(f"checkpoint {number} was kept outside in two ways, or without its "
                            "signature")
    return kept


MISSING = "removed or not readable: "
FORGED = "not signed by the key that must, or not following from the one before: "
DIFFERS = "other than kept outside: "


def check_checkpoints(database, kept, first_key, findings):
    """The checkpoints that hold, by the last event that each covers; and the last event that any
    claims to cover."""
    good = {}
    for number in sorted(kept):
        good.setdefault(kept[number]["last_event"], kept[number])
    # What the next one has to follow from: None where that is not known.
    key, before, last_event = first_key, "00" * 32, 0
    number, covered, previous, in_fork = 0, max(good, default=0), None, False
    for stored in stored_checkpoints(database):
        if stored["checkpoint"] > number + 1:
            first, last = number + 1, stored["checkpoint"] - 1
            tell(findings, MISSING, "checkpoint", first, last)
            before = None
            bridge = max((known for known in kept if first <= known <= last), default=None)
            if bridge:
                key, last_event = kept[bridge]["next_key"], kept[bridge]["last_event"]
                before = digest(kept[bridge]) if bridge == last else None
        number = stored["checkpoint"]
        covered = max(covered, stored["last_event"])
        allowed = (is_signed(stored) and key in (None, stored["key"])
                   and before in (None, stored["before"]) and stored["last_event"] >= last_event)
        known = kept.get(number)
        same_fork = in_fork and known != stored and is_after(stored, previous)
        in_fork = same_fork or allowed and known not in (None, stored)
        if in_fork:
            tell(findings, DIFFERS, "checkpoint", number, number)
        elif not allowed:
            tell(findings, FORGED, "checkpoint", number, number)
        holds = allowed and not in_fork
        if holds:
            good.setdefault(stored["last_event"], stored)
        previous, now = stored, known or (stored if holds else None)
        before = digest(now) if now else None
        if now:
            key, last_event = now["next_key"], now["last_event"]
    if kept and max(kept) > number:
        findings.append(
            f"the database ends at checkpoint {number}, but {max(kept)} with event "
            f"{kept[max(kept)]['last_event']} was kept outside: its end was cut off, or an old copy "
            "was brought back")
    elif not number and first_key:
        findings.append("there is no checkpoint: all were removed")
    return good, covered


def stored_checkpoints(database):
    """Those that can be read at all, in their order."""
    names = ("checkpoint", "at", "last_event", "link", "before", "next_key", "key", "signature")
    rows = database.execute(
        "SELECT number, at, last_event, lower(hex(link)), lower(hex(before)), lower(hex(next_key)),"
        " lower(hex(key)), lower(hex(signature)) FROM audit_checkpoints WHERE number > 0"
        " AND at >= 0 AND last_event >= 0 AND length(link) = 32 AND length(before) = 32 AND"
        " length(next_key) = 32 AND length(key) = 32 AND length(signature) = 64 ORDER BY number")
    return (dict(zip(names, row)) for row in rows)


def is_after(checkpoint, before):
    same_event = checkpoint["last_event"] == before["last_event"]
    return (is_signed(checkpoint) and checkpoint["checkpoint"] == before["checkpoint"] + 1
            and checkpoint["before"] == digest(before) and checkpoint["key"] == before["next_key"]
            and (checkpoint["last_event"] > before["last_event"]
                 or same_event and checkpoint["link"] == before["link"]))


def check_events(database, checkpoints, covered, findings):
    links = dict(database.execute(
        "SELECT event, link FROM audit_links WHERE event > 0 AND length(link) = 32"))
    known = {row[1] for row in database.execute("PRAGMA table_info(events)")}
    columns = ", ".join(f"CAST(CAST({column} AS TEXT) AS BLOB)"
                        for column in (*COLUMNS, LATER) if column in known or column != LATER)
    rows = database.execute(f"SELECT id, {columns} FROM events WHERE id > 0 ORDER BY id")
    walk = Walk(links, checkpoints, findings)
    count = 0
    for event, *values in rows:
        walk.missing_until(event)
        walk.step(event, values)
        count += 1
    walk.missing_until(max([*checkpoints, *links, 0]) + 1)
    walk.settle(None)
    if max(links, default=0) > covered:
        findings.append(f"the last checkpoints were removed: links go on to event {max(links)}, and "
                        f"checkpoints to event {covered}")
    return count


class Walk:
    """How far the walk along the events has come."""

    def __init__(self, links, checkpoints, findings):
        self.links, self.checkpoints, self.findings = links, checkpoints, findings
        self.last_sealed = max(checkpoints, default=0)
        # The last event; the first since the last checkpoint; what was found since then.
        self.at, self.since, self.segment = 0, 1, []
        # The stored link of the last event, and what the rows since the last checkpoint come to.
        self.stored = self.proved = bytes(32)
        self.other_links = None

    def missing_until(self, following):
        # Where only a row is missing, its link and the checkpoint over it are still there.
        stops = {event for event in (*self.links, *self.checkpoints)
                 if self.at < event < following} if following > self.at + 1 else ()
        for stop in [*sorted(stops), following - 1]:
            if stop > self.at:
                tell(self.segment, "removed: ", "event", self.at + 1, stop)
                self.at, self.stored, self.proved = stop, self.links.get(stop), None
                self.reach_checkpoint()

    def step(self, event, values):
        self.at, link = event, self.links.get(event)
        computed = self.stored and next_link(self.stored, event, values)
        self.proved = self.proved and next_link(self.proved, event, values)
        if link and computed and link != computed:
            self.segment.append(f"event {event} was changed, or the link before it")
        elif not link and event <= self.last_sealed:
            tell(self.segment, "without a link that can be read: ", "event", event, event)
        if link and self.proved and link != self.proved:
            self.other_links = (self.other_links or (event,))[0], event
        self.stored = link
        self.reach_checkpoint()

    def reach_checkpoint(self):
        checkpoint = self.checkpoints.get(self.at)
        if checkpoint:
            self.settle(checkpoint)
            self.proved = bytes.fromhex(checkpoint["link"])
            self.stored = self.stored or self.proved
            self.since = self.at + 1

    def settle(self, checkpoint):
        """Judges what was found since the last checkpoint, by the one that has been reached."""
        signed = bytes.fromhex(checkpoint["link"]) if checkpoint else None
        genuine, named = signed is not None and self.proved == signed, False
        for finding in self.segment:
            is_event = isinstance(finding, str) or finding[0] == "removed: "
            # The rows come to what was signed: then it is the links that were changed.
            if genuine and is_event:
                continue
            named = named or is_event
            if isinstance(finding, str):
                self.findings.append(finding)
            else:
                tell(self.findings, *finding)
        if genuine and self.other_links:
            tell(self.findings, "links changed, and no event: ", "event", *self.other_links)
        elif signed and not genuine and (not named or self.stored and self.stored != signed):
            self.findings.append(
                "changed, and the links do not tell which: " + run("among ", "event", self.since,
                                                                    self.at)
                + f", by checkpoint {checkpoint['checkpoint']}")
        self.segment, self.other_links = [], None


def next_link(link, event, values):
    text = b"countersign audit link 1" + link + event.to_bytes(8, "big")
    for place, value in enumerate(values):
        if value is None and place == len(COLUMNS):
            continue
        if value is None:
            text += b"\xff\xff\xff\xff"
        else:
            text += len(value).to_bytes(4, "big") + value
    return hashlib.sha256(text).digest()


def message(checkpoint):
    numbers = (checkpoint["checkpoint"], checkpoint["at"], checkpoint["last_event"])
    parts = (checkpoint["link"], checkpoint["before"], checkpoint["next_key"], checkpoint["key"])
    return b"countersign audit checkpoint 1" + b"".join(n.to_bytes(8, "big") for n in numbers) \
        + b"".join(bytes.fromhex(part) for part in parts)


def is_signed(checkpoint):
    return verify(bytes.fromhex(checkpoint["key"]), message(checkpoint),
                  bytes.fromhex(checkpoint["signature"]))


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


@functools.lru_cache(maxsize=None)
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
