"""MiniStack: AWS on a loopback port, with IAM switched on, so that each function has the rights of its role and no others."""

import contextlib
import json
import os
import pathlib
import urllib.error
import urllib.request

import boto3
import botocore.config

from processes import free_port, say, started, wait_until

REGION = "eu-west-1"
# What MiniStack takes for the account's root; it is no secret of anybody.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Cloud:
    def __init__(self, port, process, log):
        self.url = f"http://127.0.0.1:{port}"
        self.process = process
        self.log = log

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=botocore.config.Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 2}))

    def environment(self):
        """For programs that use the cloud as an operator would."""
        return clean_environment() | CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2) as answer:
                return "services" in json.load(answer)
        except (urllib.error.URLError, TimeoutError, ValueError, ConnectionError):
            return False


def clean_environment():
    """This process's environment without anybody's AWS account in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COUNTERSIGN_"))}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


@contextlib.contextmanager
def running(tools, work):
    port = free_port()
    scratch = pathlib.Path(work) / "ministack"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = clean_environment() | CREDENTIALS | {
        "AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0", "TMPDIR": str(scratch)}
    log = pathlib.Path(work) / "ministack.log"
    with started([str(tools / "ministack/bin/ministack")], environment, log, folder=scratch) as process:
        cloud = Cloud(port, process, log)
        wait_until("MiniStack answers", cloud.answers, 60, process, log)
        say(f"MiniStack on {cloud.url}, log in {log}")
        yield cloud
