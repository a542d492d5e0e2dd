"""A key of its own for each request: under one that was used already, nothing of another request is read."""

import itertools
import re

import schemathesis

NUMBERS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch("[A-Za-z0-9_-]{1,64}", key):
        headers["Idempotency-Key"] = f"{key[:50]}-{next(NUMBERS)}"
