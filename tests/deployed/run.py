"""The journey against a deployed stack, and through `cargo lambda watch`.

1. `sam build` and `sam deploy` of template.yaml to a MiniStack on a loopback port, with IAM in force; then
   `cargo lambda deploy` of one function alone.
2. The Rust test `deployed` over HTTP: API Gateway, function processes, DynamoDB, KMS, SQS, audit-writer, audit table.
3. The same test through function processes of `cargo lambda watch`, on the same tables, key and queue.
4. The operator's commands, by invoking the function that has no route.
5. Keys: the schedule's function finds nothing due; then both emergencies, with a merchant whose users notice neither.
6. The audit log: 5,000 events with writers killed at work, verified outside, and one flipped byte found.

Called by `just deployed`. Nothing leaves this machine, and everything that it starts is stopped by process id.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import signal
import sys
import time

import audit
import gateway
import keys
import ministack
import stack
import template
from processes import Failed, free_port, listens, run, say, show_end, started, wait_until

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", template.ROOT / "target")).resolve()
WORK = TARGET / "deployed"

# What the journey of tests/deployed/main.rs causes; the names are those of the audit events.
OUTCOMES = [
    "enrollment_created", "enrollment_refused", "verification_opened", "attempt_wrong", "verification_succeeded",
    "session_refreshed", "refresh_token_reused", "session_revoked", "factors_rotated", "data_exported", "user_erased"]

# The architecture's name for SAM, the target, and the flags that `cargo lambda build` gives the compiler for it. With the
# same target and flags, `cargo lambda watch` finds what `sam build` built.
MACHINES = {
    "x86_64": ("x86_64", "x86_64-unknown-linux-gnu", "-C target-cpu=haswell"),
    "aarch64": ("arm64", "aarch64-unknown-linux-gnu", "-C target-cpu=neoverse-n1")}


def main():
    parts = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts.add_argument("--only", choices=["stack", "watch"], help="run one of the two journeys")
    parts.add_argument(
        "--as-deployed", action="store_const", const=stack.AS_DEPLOYED, default=stack.QUICK, dest="profile",
        help="build with the profile that operators deploy, which takes about half an hour")
    arguments = parts.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("deployed: stopped"))
    began = time.monotonic()
    try:
        journeys(arguments.only, arguments.profile)
    except Failed as failure:
        sys.exit(f"deployed: FAILED: {failure}")
    say(f"everything passed in {time.monotonic() - began:.0f} s")


def journeys(only, profile):
    WORK.mkdir(parents=True, exist_ok=True)
    architecture = MACHINES[platform.machine()][0]
    countersign = build_test()
    stack.build(ministack.clean_environment(), profile, architecture, WORK / "sam", WORK / "sam-build.log")
    with ministack.running(TARGET / "tools", WORK) as cloud:
        deployed = stack.deploy(cloud, architecture, WORK / "sam", WORK / "sam-deploy.log")
        stack.deploy_alone(cloud, "status")
        tenant, key = stack.create_tenant(deployed, countersign)
        if only != "watch":
            journey("stack", deployed, deployed.base_url(), key)
            audit.read_trail(deployed, deployed.base_url(), key)
        if only != "stack":
            with watching(deployed, profile) as invoke_url, gateway.serving(invoke_url) as base_url:
                journey("watch", deployed, base_url, key)
        if only != "watch":
            operate(deployed, tenant, countersign)
            rotate(deployed, (tenant, key), countersign)
            remember(deployed, tenant, countersign)


def build_test():
    """Builds the journey and the operator's command exactly as the other tests were built, so nothing is built twice."""
    say("cargo build of the journey and of the operator's command")
    run(["cargo", "build", "--locked", "--workspace", "--bin", "countersign", "--test", "deployed"],
        ministack.clean_environment(), 2400, folder=template.ROOT)
    return TARGET / "debug/countersign"


def journey(name, deployed, base_url, key):
    say(f"the journey, {name}: {base_url}")
    before = deployed.events()
    environment = ministack.clean_environment() | {
        "COUNTERSIGN_TEST_BASE_URL": base_url, "COUNTERSIGN_TEST_API_KEY": key, "COUNTERSIGN_TEST_ISSUER": stack.ISSUER}
    try:
        run(["cargo", "nextest", "run", "--locked", "--workspace", "--test", "deployed", "--profile", "deployed"],
            environment, 900, folder=template.ROOT)
        stack.check_audit(deployed, before, OUTCOMES)
    except Failed:
        if name == "stack":
            stack.show_function_logs(deployed.cloud)
        else:
            show_end(WORK / "watch.log", 120)
        raise


def operate(deployed, tenant, countersign):
    say("the operator's commands")
    before = deployed.events()
    stack.import_user(deployed, tenant, countersign, WORK)
    stack.administer(deployed, tenant)
    stack.check_audit(deployed, before, [
        "account_unlocked", "user_disabled", "user_enabled", "listing_changed", "api_key_created",
        "api_key_rotated", "api_key_revoked", "tenant_sessions_revoked", "user_erased"])


def rotate(deployed, credentials, countersign):
    say("keys")
    before = deployed.events()
    try:
        keys.rotate(deployed, keys.Merchant(deployed, credentials, countersign, WORK))
        stack.check_audit(deployed, before, ["branch_key_rotated", "signing_key_retired"])
    except Failed:
        stack.show_function_logs(deployed.cloud)
        raise


def remember(deployed, tenant, countersign):
    say("the audit log")
    try:
        audit.survive(deployed, tenant, countersign, WORK)
    except Failed:
        stack.show_function_logs(deployed.cloud)
        raise


@contextlib.contextmanager
def watching(deployed, profile):
    """`cargo lambda watch` on a free port, with the deployed stack's tables, key and queue; gives its address."""
    _, target, flags = MACHINES[platform.machine()]
    port, log = free_port(), WORK / "watch.log"
    say(f"cargo lambda watch on port {port}, log in {log}")
    command = ["cargo", "lambda", "watch", "--release", "--ignore-changes", "--concurrency", "2", "--disable-cors",
               "--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
    environment = deployed.cloud.environment() | deployed.variables() | profile | {
        "CARGO_BUILD_TARGET": target, "CARGO_BUILD_RUSTFLAGS": flags}
    with started(command, environment, log, folder=template.ROOT) as process:
        wait_until("cargo lambda watch listens", lambda: listens(port), 60, process, log)
        yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    main()
