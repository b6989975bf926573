"""What each function costs before its first request: time from exec to the first poll, and the size of its package.

The binaries are those of `just build x86_64` (or arm64 on such a machine). Each is started with the environment that
template.yaml gives it, against a Runtime API of one socket that notes when the first poll arrives; nothing is answered.
"""

import io
import socket
import statistics
import subprocess
import time
import zipfile
from pathlib import Path

RUNS = 31
DEADLINE_SECONDS = 10

ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "measured",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "measured",
    "AWS_SECRET_ACCESS_KEY": "measured",
    "COUNTERSIGN_CORE_TABLE": "core",
    "COUNTERSIGN_EPHEMERAL_TABLE": "ephemeral",
    "COUNTERSIGN_AUDIT_TABLE": "audit",
    "COUNTERSIGN_AUDIT_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/audit",
    "COUNTERSIGN_KMS_KEY_ID": "arn:aws:kms:eu-west-1:123456789012:key/0192f0c1-2345-7abc-8def-0123456789ab",
    "COUNTERSIGN_ISSUER": "https://auth.example.com",
    "COUNTERSIGN_KDF": "argon2id",
}


def measure(binaries: Path) -> list[tuple[str, float, int]]:
    """A row a function: name, median milliseconds from exec to the first poll, bytes of the zipped bootstrap."""
    names = sorted(path.name for path in binaries.iterdir() if (path / "bootstrap").is_file())
    rows = []
    for position, name in enumerate(names, start=1):
        print(f"measuring {name} ({position} of {len(names)})", flush=True)
        bootstrap = binaries / name / "bootstrap"
        times = [first_poll(bootstrap) for _ in range(RUNS)]
        rows.append((name, statistics.median(times), zipped_size(bootstrap)))
    return rows


def first_poll(bootstrap: Path) -> float:
    """Milliseconds from exec to the first request for an invocation."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE_SECONDS)
        port = server.getsockname()[1]
        environment = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
        started = time.perf_counter()
        process = subprocess.Popen([bootstrap], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(DEADLINE_SECONDS)
                request = connection.recv(4096)
                elapsed = (time.perf_counter() - started) * 1000
        except TimeoutError:
            process.kill()
            raise SystemExit(f"{bootstrap} never polled: {process.stderr.read().decode(errors='replace')}") from None
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
    if b"/invocation/next" not in request:
        raise SystemExit(f"{bootstrap} sent something else first: {request[:80]!r}")
    return elapsed


def zipped_size(bootstrap: Path) -> int:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(bootstrap, "bootstrap")
    return len(package.getvalue())
