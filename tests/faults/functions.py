"""The functions' own processes behind `cargo lambda watch`, with a queue and a key service that go away.

Tables are in DynamoDB Local, queue and key in MiniStack, with the proxy before it. `cargo lambda watch` brings the Runtime API only: the
processes are started here, several of each function, so that they can be killed and replaced as Lambda does it. What they are told
in their environment is what the template tells them.
"""

import contextlib
import json
import random
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import gateway
import ministack
import processes
import template
from client import Target
from samcli.yamlhelper import yaml_parse
from servers import DynamoDbLocal, Proxy, wait_until
from trail import Trail
from worlds import POLICY, Programs, again_and_again

FUNCTIONS = ("authorizer", "enroll", "initiate", "verify", "status", "introspect", "drain-outbox")
PROCESSES = 3
CORE_TABLE = "CoreTable"
KILL_EVERY_SECONDS = 0.2
TABLE_MEMBERS = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


class Functions:
    """Processes of every function, each waiting for its next invocation."""

    def __init__(self, binaries: Path, invoke_url: str, environment: dict, log: Path):
        self._binaries, self._invoke_url, self._environment, self._log = binaries, invoke_url, environment, log
        self._running: list[tuple[str, subprocess.Popen]] = []

    def start(self, name: str) -> None:
        environment = self._environment | {
            "AWS_LAMBDA_RUNTIME_API": f"{self._invoke_url}/.rt/{name}", "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1"}
        with self._log.open("ab") as log:
            process = subprocess.Popen([self._binaries / name / "bootstrap"], env=environment, stdout=log, stderr=log)
        self._running.append((name, process))

    def replace(self, name: str, process: subprocess.Popen) -> None:
        """Kills it, and starts another one that knows nothing yet."""
        self._running.remove((name, process))
        process.kill()
        process.wait()
        self.start(name)

    def replace_one_of_each(self) -> None:
        for name in FUNCTIONS:
            self.replace(*next(it for it in self._running if it[0] == name))

    def replace_any(self, names: tuple[str, ...], chance: random.Random) -> None:
        self.replace(*chance.choice([it for it in self._running if it[0] in names]))

    def __enter__(self) -> "Functions":
        for name in FUNCTIONS * PROCESSES:
            self.start(name)
        return self

    def __exit__(self, *_) -> None:
        for _, process in self._running:
            process.kill()
            process.wait()


class Deployment:
    """What stands in for a stack: tables, a queue, a key, a tenant, and the functions behind a gateway."""

    def __init__(self, programs: Programs, stack: contextlib.ExitStack):
        engine = stack.enter_context(DynamoDbLocal(programs.tools))
        self._cloud = stack.enter_context(ministack.running(programs.tools, programs.folder))
        self._tables = boto3.client(
            "dynamodb", endpoint_url=engine.url, region_name=ministack.REGION, aws_access_key_id="test", aws_secret_access_key="test")
        create_tables(self._tables)
        self._queue_url = self._cloud.client("sqs").create_queue(QueueName="audit")["QueueUrl"]
        self.queue, self.keys = (stack.enter_context(Proxy(port_of(self._cloud.url))) for _ in range(2))
        environment = self._environment(engine.url)
        api_key = create_tenant(programs.host, environment)
        self._invoke_url = stack.enter_context(watching(environment, programs.folder))
        functions = Functions(programs.functions, self._invoke_url, environment, programs.folder / "functions.log")
        self.functions = stack.enter_context(functions)
        self.targets = [Target(port_of(stack.enter_context(gateway.serving(self._invoke_url))), api_key)]
        self.begin: Callable[[], object] = lambda: None
        self.end: Callable[[], object] = lambda: None

    def _environment(self, engine_url: str) -> dict[str, str]:
        """Of every function, and of an operator's command."""
        key = self._cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
        return self._cloud.environment() | {
            "AWS_ENDPOINT_URL_DYNAMODB": engine_url, "AWS_ENDPOINT_URL_SQS": self.queue.url, "AWS_ENDPOINT_URL_KMS": self.keys.url,
            "COUNTERSIGN_CORE_TABLE": CORE_TABLE, "COUNTERSIGN_EPHEMERAL_TABLE": "EphemeralTable", "COUNTERSIGN_AUDIT_TABLE": "AuditTable",
            "COUNTERSIGN_AUDIT_QUEUE_URL": self._queue_url, "COUNTERSIGN_KMS_KEY_ID": key,
            "COUNTERSIGN_ISSUER": "https://auth.test.example",
            "COUNTERSIGN_KDF": "pbkdf2-sha256-100000", "COUNTERSIGN_LIMITS": json.dumps(POLICY)}

    def trail(self) -> Trail:
        """What is in the queue once the outbox is drained. What the queue has twice is there once for whoever writes the log."""
        wait_until("the outbox is empty", self._is_drained)
        sqs, events = self._cloud.client("sqs"), {}
        while messages := sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get("Messages"):
            for event in (json.loads(message["Body"]) for message in messages):
                events[event["id"]] = event
        return Trail(list(events.values()))

    def _is_drained(self) -> bool:
        scheduled = (template.ROOT / "events/drain-outbox/every-minute.json").read_bytes()
        url = f"{self._invoke_url}/2015-03-31/functions/drain-outbox/invocations"
        urllib.request.urlopen(urllib.request.Request(url, data=scheduled, method="POST"), timeout=60).close()
        pages = self._tables.get_paginator("scan").paginate(TableName=CORE_TABLE)
        return not any(item["pk"]["S"].startswith("outbox/") for page in pages for item in page["Items"])


def create_tables(dynamodb) -> None:
    """The template's tables, under their logical ids."""
    resources = yaml_parse((template.ROOT / "template.yaml").read_text())["Resources"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            members = {it: value for it, value in resource["Properties"].items() if it in TABLE_MEMBERS}
            dynamodb.create_table(TableName=name, **members)


def create_tenant(host: Path, environment: dict) -> str:
    """As an operator does; gives its API key."""
    command = [str(host), "admin", "create-tenant", "--core-table", CORE_TABLE, "--kms-key-id", environment["COUNTERSIGN_KMS_KEY_ID"]]
    printed = processes.capture(command, environment, 60)
    return next(line.removeprefix("api_key=") for line in printed.splitlines() if line.startswith("api_key="))


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


@contextlib.contextmanager
def watching(environment: dict, folder: Path) -> Iterator[str]:
    """The Runtime API and the way to invoke; gives its address."""
    port = processes.free_port()
    command = ["cargo", "lambda", "watch", "--only-lambda-apis", "--ignore-changes", "--disable-cors", "--invoke-address", "127.0.0.1",
               "--invoke-port", str(port)]
    log = folder / "watch.log"
    with processes.started(command, environment, log, folder=template.ROOT) as process:
        processes.wait_until("cargo lambda watch listens", lambda: processes.listens(port), 60, process, log)
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def without_queue(programs: Programs) -> Iterator[Deployment]:
    """Functions whose queue breaks every connection."""
    with contextlib.ExitStack() as stack:
        deployment = Deployment(programs, stack)
        deployment.begin, deployment.end = (lambda: deployment.queue.do("refuse")), (lambda: deployment.queue.do("none"))
        yield deployment


@contextlib.contextmanager
def without_keys(programs: Programs) -> Iterator[Deployment]:
    """Functions whose key service breaks every connection, while a process of each is replaced by one that has no keys yet."""
    with contextlib.ExitStack() as stack:
        deployment = Deployment(programs, stack)

        def begin() -> None:
            deployment.keys.do("refuse")
            deployment.functions.replace_one_of_each()

        deployment.begin, deployment.end = begin, (lambda: deployment.keys.do("none"))
        yield deployment


@contextlib.contextmanager
def dying(programs: Programs) -> Iterator[Deployment]:
    """Functions of which some process that changes state is killed every so often, and replaced."""
    with contextlib.ExitStack() as stack:
        deployment = Deployment(programs, stack)
        chance = random.Random(5)
        deployment.begin, deployment.end = again_and_again(
            lambda: deployment.functions.replace_any(("initiate", "verify"), chance), KILL_EVERY_SECONDS, stack)
        yield deployment
