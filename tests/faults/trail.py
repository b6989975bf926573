"""The audit log of a data directory, held against what callers were told."""

import json
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from load import Beliefs

ATTEMPTS_ALLOWED = 3
FAILURES_ALLOWED = 5


class Trail:
    """The events of a log, by outcome and verification."""

    def __init__(self, events: list[dict]):
        self.verifications: dict[str, list[str]] = defaultdict(list)
        self.sessions: dict[str, str] = {}
        self.ids = Counter(event["id"] for event in events)
        for event in events:
            if isinstance(event["outcome"], dict):
                [(name, fields)] = event["outcome"].items()
                self.verifications[fields.get("verification", "")].append(name)
                if name == "verification_succeeded":
                    self.sessions[fields["verification"]] = fields["session"]

    def missing(self, beliefs: Beliefs) -> list[str]:
        """What callers were told and the log does not have."""
        missing = [f"the opening of {it}" for it in beliefs.opened if "verification_opened" not in self.verifications[it]]
        missing += [f"the success of {it}" for it, (session, _) in beliefs.sessions.items() if self.sessions.get(it) != session]
        for it, told in beliefs.wrong.items():
            have = sum(name in ("attempt_wrong", "attempt_while_locked") for name in self.verifications[it])
            if have < told:
                missing.append(f"{told - have} wrong attempts of {it}")
        return missing + [f"event {it} is there {times} times" for it, times in self.ids.items() if times > 1]

    def beyond(self, beliefs: Beliefs, victims: list[str]) -> list[str]:
        """What was let in and should not have been: attempts of a verification, and failures of an account before its lock."""
        beyond = []
        for it, names in self.verifications.items():
            compared = sum(name in ("attempt_wrong", "attempt_while_locked", "verification_succeeded") for name in names)
            if max(compared, beliefs.wrong[it]) > ATTEMPTS_ALLOWED:
                beyond.append(f"{compared} attempts of {it} were compared, {beliefs.wrong[it]} answered")
        for victim in victims:
            own = [it for it, user in beliefs.opened.items() if user == victim]
            failures = sum(name == "attempt_wrong" for it in own for name in self.verifications[it])
            if failures > FAILURES_ALLOWED:
                beyond.append(f"{failures} failures of one account before its lock")
        return beyond


def read(program: Path, data_dir: Path) -> Trail:
    """The events of the log, once `countersign audit verify` has no fault to find with it."""
    command = [program, "audit", "verify", "--data-dir", data_dir]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"audit verify: {done.stdout}{done.stderr}")
    events = []
    for path in sorted((data_dir / "audit-log").glob("*/*.header.json")):
        header = json.loads(path.read_text())
        header = header.get("header", header)
        payload = path.with_name(f"{header['batch']:020}-{header['root'][:16]}.jsonl")
        events += [json.loads(line) for line in payload.read_bytes().splitlines()]
    return Trail(events)
