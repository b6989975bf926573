"""What `just load` starts: the generator, the host and Redis, each ended with its block."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import switching

USERS = 1_000
# The generator's address is one source and one tenant: limits are on, but not for it. A user's own is low enough to be used
# up by those who mean to, and fills up too slowly to be seen.
LARGEST = {"quota": 10_000_000}
POLICY = {
    "global": LARGEST, "tenant_enroll": LARGEST, "tenant_initiate": LARGEST, "tenant_verify": LARGEST, "tenant_status": LARGEST,
    "tenant_introspect": LARGEST, "source": LARGEST, "device": LARGEST, "user": {"quota": 5_000, "period_seconds": 86_400}}


class Host(switching.Host):
    """A release host that leaves the audit log to another process, as in AWS."""

    def __init__(self, program: Path, folder: Path, arguments: list):
        policy = folder / "limits.json"
        policy.write_text(json.dumps(POLICY))
        command = [program, "serve", "--port", "0", "--ephemeral", "--kdf", "pbkdf2-sha256-100000", "--leave-audit-queue",
                   "--policy", policy, *arguments]
        # Redis and the generator need the other core; two workers would wake each other all the time.
        # What it keeps while it runs is removed with the folder, also if it is killed.
        environment = os.environ | {"TMPDIR": str(folder), "TOKIO_WORKER_THREADS": "1"}
        self.log = folder / "host.log"
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Host":
        super().__enter__()
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._keep_log, daemon=True).start()
        return self

    def _keep_log(self) -> None:
        with self.log.open("a") as log:
            log.writelines(self.process.stdout)


class Redis(switching.Redis):
    """A Redis that is asked what it holds."""

    def __init__(self, folder: Path):
        super().__init__(str(folder))

    def call(self, *command: str) -> str:
        asking = ["redis-cli", "-u", self.url, *command]
        return subprocess.run(asking, capture_output=True, text=True, timeout=300, check=True).stdout.strip()

    def used_memory(self) -> int:
        return int(self._info("memory", "used_memory:"))

    def keys_without_end(self) -> int:
        keyspace = dict(part.split("=") for part in self._info("keyspace", "db0:").split(","))
        return int(keyspace["keys"]) - int(keyspace["expires"])

    def count_keys(self, kind: str) -> int:
        """How many keys begin so. Walks over all of them at once, which nobody else is to wait for."""
        return int(self.call("EVAL", COUNT, "0", kind))

    def _info(self, part: str, line: str) -> str:
        return next(it for it in self.call("INFO", part).splitlines() if it.startswith(line))[len(line):]


COUNT = """
local count, cursor = 0, '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 10000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    if string.sub(key, 1, 1) == ARGV[1] then count = count + 1 end
  end
until cursor == '0'
return count
"""


class Load:
    """The generator, tests/load."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder

    def enroll(self, host: Host, redis: Redis | None = None) -> None:
        """Enrols everybody, and then empties the cache: while derivations take all cores, it may miss that somebody is
        enrolled by now, and would call them unknown for up to a minute."""
        subprocess.run(self._command("enroll", host), env=environment(host), check=True)
        if redis:
            redis.call("FLUSHALL")

    def run(self, host: Host, scenario: str, *arguments, cpu: dict | None = None) -> dict:
        """The summary of a run. Aims are ours to judge; what is lost is in it."""
        file = self.folder / "summary.json"
        file.unlink(missing_ok=True)
        processes = [f"--cpu={name}={it.process.pid}" for name, it in ({"host": host} | (cpu or {})).items()]
        command = [*self._command("run", host), "--scenario", scenario, "--json", file, *processes, *map(str, arguments)]
        print(f"{scenario} {' '.join(map(str, arguments))}", file=sys.stderr, flush=True)
        subprocess.run(command, env=environment(host), check=False)
        if not file.exists():
            raise SystemExit(f"{scenario}: the generator ended before it had measured")
        return json.loads(file.read_text())

    @contextlib.contextmanager
    def running(self, host: Host, scenario: str, *arguments):
        """A run beside others, to its end."""
        command = [*self._command("run", host), "--scenario", scenario, *map(str, arguments)]
        process = subprocess.Popen(command, env=environment(host))
        try:
            yield
            process.wait(timeout=300)
        finally:
            process.kill()
            process.wait()

    def ceiling(self) -> float:
        """Derivations a second on all processors."""
        file = self.folder / "ceiling.json"
        subprocess.run([self.program, "kdf-ceiling", "--seconds", "4", "--json", file], check=True)
        return json.loads(file.read_text())["derivations_per_second"]

    def _command(self, name: str, host: Host) -> list:
        return [self.program, name, "--url", host.url, "--users", str(USERS)]


def environment(host: Host) -> dict:
    """The key is not an argument: those are for everybody on the machine to read."""
    return os.environ | {"COUNTERSIGN_LOAD_API_KEY": host.api_key}
