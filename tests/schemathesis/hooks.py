"""What a generated request cannot know: a fresh Idempotency-Key, and ids of things that exist.

Without these, every change would be refused for its stale key, and every id would be unknown. What Schemathesis made invalid
on purpose stays as it is.
"""

import atexit
import collections
import itertools
import json
import os
import re
import time
import urllib.request

import schemathesis

API = os.environ["COUNTERSIGN_TEST_BASE_URL"]
KEY = os.environ["COUNTERSIGN_TEST_API_KEY"]
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UUID7 = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
RIGHT = [{"type": "pin", "digest": "11" * 32}, {"type": "nfc", "digest": "22" * 32}]
WRONG = [{"type": "pin", "digest": "33" * 32}, {"type": "nfc", "digest": "22" * 32}]

turn = itertools.count()
# How often each operation was answered with each status.
answered = collections.defaultdict(collections.Counter)


def fresh_key():
    text = f"{time.time_ns() // 10**6:012x}7{os.urandom(10).hex()}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-8{text[17:20]}-{text[20:32]}"


def post(path, body):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "Idempotency-Key": fresh_key()}
    request = urllib.request.Request(API + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


# The second one is nobody's to lock: their session is there to be refreshed.
USER, SIGNED_IN = (post("/v1/enrollments", {"factors": RIGHT})["user_id"] for _ in range(2))


def open_verification(user=USER):
    return post("/v1/verifications", {"user_id": user})["verification_id"]


def sign_in():
    return post(f"/v1/verifications/{open_verification(SIGNED_IN)}/attempts", {"factors": RIGHT})["refresh_token"]


# The refresh token to exchange next, which each exchange changes.
current = {"refresh_token": sign_in()}


@schemathesis.auth()
class ApiKey:
    def get(self, case, context):
        return KEY

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    if UUID7.fullmatch(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = fresh_key()

    # Every other well-formed id is replaced by one that exists.
    ids, now = case.path_parameters or {}, next(turn)
    if now % 2 and UUID.fullmatch(str(ids.get("user_id", ""))):
        ids["user_id"] = USER
    if now % 2 and UUID.fullmatch(str(ids.get("verification_id", ""))):
        ids["verification_id"] = open_verification()
        # Of the well-formed attempts on one, some present what is asked for: right, or wrong.
        if case.method == "POST" and now % 8 < 4 and well_formed(case.body):
            case.body["factors"] = RIGHT if now % 4 == 1 else WRONG
    if now % 2 and case.path == "/v1/sessions/refresh" and is_exchange(case.body):
        case.body["refresh_token"] = current["refresh_token"]
    # Which factors may be enrolled together is more than a schema can say.
    if case.path == "/v1/enrollments" and now % 2 and well_formed(case.body):
        case.body["factors"] = RIGHT + [one for one in case.body["factors"] if one["type"] == "voice"][:1]


@schemathesis.hook
def after_call(context, case, response):
    answered[case.operation.definition.raw["operationId"]][str(response.status_code)] += 1
    if response.status_code == 200 and is_exchange(case.body) and case.body == current:
        current["refresh_token"] = response.json()["refresh_token"]


@atexit.register
def write_answered():
    with open(os.environ["COUNTERSIGN_TEST_ANSWERED"], "w") as file:
        json.dump(answered, file)


def is_exchange(body):
    """Whether a body has a text for a refresh token, and nothing else."""
    return isinstance(body, dict) and set(body) == {"refresh_token"} and isinstance(body["refresh_token"], str)


def well_formed(body):
    """Whether a body has factors, each of a text and a text."""
    factors = body.get("factors") if isinstance(body, dict) and set(body) <= {"factors", "user_id", "device_id"} else None
    return isinstance(factors, list) and all(
        isinstance(one, dict) and set(one) == {"type", "digest"} and all(isinstance(part, str) for part in one.values())
        and len(one["digest"]) == 64 for one in factors)
