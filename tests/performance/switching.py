"""What a stalled cache costs: `just switching` measures, prints, and writes it into docs/PERFORMANCE.md.

A release host opens verifications for users that come once, from eight connections, one request after another on each. The cache
is a Redis that is stalled (SIGSTOP) and let go on (SIGCONT) under this load. The same load on the embedded DynamoDB alone is there for
comparison, since that is what the host falls back to."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import sections
from sections import ROOT

HEADING = "## Switching over"
CONNECTIONS = 8
PHASE_SECONDS = 10
AIM_MILLISECONDS = 100


def main() -> None:
    sections.write(measured_section())


def measured_section() -> str:
    """The section of the page, its heading included, from a run."""
    subprocess.run(["cargo", "build", "--release", "--locked", "--package", "local"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return report(*measured(target / "release" / "countersign"))


def measured(program: Path) -> tuple[list, float]:
    """Rows of (phase, answers by status, p50, p99, longest), and the p99 that the stall adds."""
    with tempfile.TemporaryDirectory() as folder:
        with Host(program, folder, "dynamodb") as host:
            alone = phase("DynamoDB alone", host, [])
        with Redis(folder) as redis, Host(program, folder, "valkey", redis.url) as host:
            rows = [alone, phase("the cache answers", host, [])]
            rows.append(phase("the cache is stalled after a second", host, [(1, lambda: redis.signal(signal.SIGSTOP))]))
            rows.append(phase("the cache goes on after a second", host, [(1, lambda: redis.signal(signal.SIGCONT))]))
    return rows, rows[2][3] - rows[1][3]


def phase(name: str, host: "Host", events: list) -> tuple:
    """The load for one phase, with what is done to the cache meanwhile."""
    print(f"{name} …", file=sys.stderr)
    end = time.monotonic() + PHASE_SECONDS
    seen: list[tuple[int, float]] = []
    clients = [threading.Thread(target=open_verifications, args=(host, end, seen)) for _ in range(CONNECTIONS)]
    timers = [threading.Timer(after, event) for after, event in events]
    for thread in timers + clients:
        thread.start()
    for thread in clients + timers:
        thread.join()
    times = sorted(1000 * seconds for _, seconds in seen)
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(Counter(s for s, _ in seen).items()))
    return name, statuses, times[len(times) // 2], times[len(times) * 99 // 100], times[-1]


def open_verifications(host: "Host", end: float, seen: list) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
    while time.monotonic() < end:
        headers = {"Authorization": f"Bearer {host.api_key}", "Content-Type": "application/json", "Idempotency-Key": uuid7()}
        began = time.monotonic()
        connection.request("POST", "/v1/verifications", json.dumps({"user_id": str(uuid.uuid4())}), headers)
        response = connection.getresponse()
        response.read()
        seen.append((response.status, time.monotonic() - began))
    connection.close()


def uuid7() -> str:
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    bits = bits & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=bits))


class Host:
    """A release host, ended with this."""

    def __init__(self, program: Path, folder: str, backend: str, url: str | None = None):
        cache = ["--valkey-url", url] if url else []
        command = [program, "serve", "--port", "0", "--ephemeral", "--backend", backend, *cache]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Host":
        self.port = int(self.after("Countersign serves http://").rsplit(":", 1)[1])
        self.api_key = self.after("Development API key: ")
        return self

    def after(self, start: str) -> str:
        for line in self.process.stdout:
            if start in line:
                return line.split(start)[1].split()[0]
        raise SystemExit("the host ended before it answered")

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()


class Redis:
    """A Redis on a free port of this machine, ended with this."""

    def __init__(self, folder: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}"
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def __enter__(self) -> "Redis":
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()


def report(rows: list, added: float) -> str:
    table = "\n".join(f"| {name} | {statuses} | {p50:.1f} | {p99:.1f} | {longest:.0f} |" for name, statuses, p50, p99, longest in rows)
    met = "met" if added <= AIM_MILLISECONDS else "missed"
    return f"""{HEADING}

Written by `just switching`. Verifications opened by a release host for users that come once, one after another on each of {CONNECTIONS}
connections, {PHASE_SECONDS} seconds in each phase; the cache is a Redis that is stalled by SIGSTOP, with the default deadline of 50 ms. Client, host
and Redis share the machine's cores.

| phase | answers | p50, ms | p99, ms | longest, ms |
|---|---|---:|---:|---:|
{table}

p99 with a stalled cache, beyond that of a cache that answers: {added:+.1f} ms (aim: at most {AIM_MILLISECONDS} ms, {met}).
"""


if __name__ == "__main__":
    main()
