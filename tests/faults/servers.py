"""The programs that a fault is done to, as processes on loopback that end with this one's block."""

import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import switching
from client import Target

START_SECONDS = 60
DRAIN_SECONDS = 90


class Host(switching.Host):
    """A local host with these arguments; what it logs goes to a file."""

    def __init__(self, program: Path, log: Path, arguments: list, environment: dict | None = None):
        command = [program, "serve", "--port", "0", "--kdf", "pbkdf2-sha256-100000", *arguments]
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            command, cwd=log.parent, env=environment, stdout=subprocess.PIPE, stderr=self._log, text=True)

    def __enter__(self) -> "Host":
        super().__enter__()
        self.target = Target(self.port, self.api_key)
        threading.Thread(target=self._keep_log, daemon=True).start()
        return self

    def _keep_log(self) -> None:
        for line in self.process.stdout:
            self._log.write(line.encode())
        self._log.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def drain(self) -> None:
        """Lets it finish and write the audit log."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=DRAIN_SECONDS)


class Redis(switching.Redis):
    """A Redis that can be started again on its port."""

    def __init__(self, folder: Path, *arguments: str):
        self.folder = folder
        self.folder.mkdir()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no",
                         "--dir", str(folder), *arguments]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until("Redis answers", lambda: self.call("PING") == "PONG")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def call(self, *command: str) -> str:
        asking = ["redis-cli", "-p", str(self.port), *command]
        return subprocess.run(asking, capture_output=True, text=True, timeout=START_SECONDS, check=False).stdout.strip()


class Cluster:
    """Three masters, each with a replica that takes over."""

    def __init__(self, folder: Path):
        settings = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]
        self.servers = []
        try:
            for number in range(6):
                bus = ["--cluster-port", str(free_port())]
                self.servers.append(Redis(folder / f"redis-{number}", *settings, *bus))
            self._join()
        except BaseException:
            self.__exit__()
            raise
        self.url = f"{self.servers[0].url}?cluster=true"

    def _join(self) -> None:
        addresses = [f"127.0.0.1:{server.port}" for server in self.servers]
        create = ["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1", "--cluster-yes"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL, timeout=START_SECONDS)
        for server in self.servers:
            wait_until("the cluster is complete", lambda server=server: "cluster_state:ok" in server.call("CLUSTER", "INFO"))
        wait_until("replicas are in step", lambda: all(
            "master_link_status:up" in server.call("INFO", "replication") for server in self.servers
            if "role:slave" in server.call("INFO", "replication")))

    def kill_a_master(self) -> None:
        """Not the first, whose address the hosts were given."""
        next(it for it in self.servers[1:] if "role:master" in it.call("INFO", "replication")).kill()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_) -> None:
        for server in self.servers:
            server.kill()


class DynamoDbLocal:
    """Amazon's own, in memory."""

    def __init__(self, tools: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # With the compiler that is ready at once: the other one takes the processors for a quarter of a minute.
        command = ["java", "-XX:TieredStopAtLevel=1", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
                   "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=tools / "dynamodb-local", stdout=subprocess.DEVNULL)

    def __enter__(self) -> "DynamoDbLocal":
        wait_until("DynamoDB Local listens", lambda: listens(self.port))
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()


class Proxy:
    """proxy.py before a port, with the faults that it knows."""

    def __init__(self, upstream: int):
        command = [sys.executable, Path(__file__).with_name("proxy.py"), str(upstream)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def do(self, fault: str, share: float = 1.0) -> None:
        self.process.stdin.write(f"{fault} {share}\n")
        self.process.stdin.flush()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """Below those that Linux gives to clients, so that it stays free while its server is gone."""
    while listens(port := random.randrange(10_000, 30_000)):
        pass
    return port


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(what: str, condition) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {START_SECONDS} s")
        time.sleep(0.05)
