"""Sends the local host what docs/openapi.yaml allows and what it forbids, and holds the answers to it (E1).

Starts `countersign serve --ephemeral` on a free port, runs Schemathesis against it, and stops it by its process id. Each answer
has to be of a documented status, content type, form and headers, never a 5xx; what the document forbids has to be refused; and
every operation has to have been answered with success at least once, so that nothing passes by being refused; but for those that ask for
a step-up, which a generator of requests can't do.

Called by `just schemathesis`. `--seed` repeats a run; the seed of a run is printed.
"""

import argparse
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()

CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "allow_header_conformance", "ignored_auth"]

# What each operation must have answered at least once.
REACHED = {
    "enroll": ["201", "400", "409"], "describe-enrollment": ["200", "404"], "initiate": ["201", "400"],
    "verify": ["200", "400", "401", "404", "422"], "status": ["200", "404"], "introspect": ["200", "400"],
    "revoke": ["200", "400"], "refresh": ["200", "400"], "list-sessions": ["200", "400"],
    "rotate-factors": ["400", "401"], "erase": ["400", "401"], "export": ["400", "401"],
    "audit-query": ["200", "400"], "jwks": ["200"], "live": ["200"], "ready": ["200"]}


def main():
    parts = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts.add_argument("--examples", default="100", help="generated requests per operation and phase")
    parts.add_argument("--seed", default=str(int.from_bytes(os.urandom(4))), help="what requests are generated from")
    arguments = parts.parse_args()

    # With a test, so that it is built as the tests were, and nothing twice.
    build = ["cargo", "build", "--locked", "--workspace", "--bin", "countersign", "--test", "contracts"]
    subprocess.run(build, cwd=ROOT, check=True, timeout=2400)
    host = subprocess.Popen(
        [TARGET / "debug/countersign", "serve", "--ephemeral", "--port", "0", "--kdf", "pbkdf2-sha256-100000"],
        stdout=subprocess.PIPE, text=True)
    try:
        address, key = introduced(host)
        sys.exit(test(address, key, arguments))
    finally:
        host.terminate()
        host.wait(timeout=60)


def introduced(host):
    """The address and the API key that the host prints when it is ready."""
    lines = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in host.stdout], daemon=True).start()
    address = key = None
    while not (address and key):
        line = lines.get(timeout=60)
        if line.startswith("Countersign serves "):
            address = line.split()[2]
        if line.startswith("Development API key: "):
            key = line.split()[3]
    return address, key


def test(address, key, arguments):
    answered = TARGET / "schemathesis-answered.json"
    answered.unlink(missing_ok=True)
    environment = os.environ | {
        "COUNTERSIGN_TEST_BASE_URL": address, "COUNTERSIGN_TEST_API_KEY": key,
        "COUNTERSIGN_TEST_ANSWERED": str(answered), "SCHEMATHESIS_HOOKS": str(ROOT / "tests/schemathesis/hooks.py")}
    # In the target folder, where its own caches may lie.
    outcome = subprocess.run(
        ["st", "run", ROOT / "docs/openapi.yaml", "--url", address,
         "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing,stateful", "--mode", "all",
         "--max-examples", arguments.examples, "--seed", arguments.seed, "--warnings", "off", "--no-color"],
        env=environment, cwd=TARGET, timeout=600)
    if outcome.returncode != 0:
        return f"schemathesis: FAILED; to repeat it: just schemathesis --seed {arguments.seed}"
    statuses = json.loads(answered.read_text())
    for operation, counts in statuses.items():
        print(f"{operation:20}", "  ".join(f"{status}: {counts[status]}" for status in sorted(counts)))
    missing = [
        f"{operation} never answered {status}"
        for operation, expected in REACHED.items() for status in expected if status not in statuses.get(operation, {})]
    return f"schemathesis: FAILED: {'; '.join(missing)}; seed {arguments.seed}" if missing else 0


if __name__ == "__main__":
    main()
