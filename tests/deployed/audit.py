"""The audit log of a deployed stack.

- 5,000 events and a message that is none go through the queue, and writers are killed at work: every event is in the log and in the
  index once, the message among the dead letters alone.
- The copy of the log verifies against the key and the checkpoints that were published; with one byte flipped it does not, and
  the object is named.
- The outbox is empty after the drain, and reconciling tells of a verification that is not there.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import urllib.request
import uuid

import template
from processes import Failed, descendants, say, wait_until

EVENTS = 5000
POISON = '{"outcome":"canary-4711"'
# In which of the events the writer is killed, by how many messages the queue has left.
KILLED_AT = [4000, 2500, 1000]


class Log:
    """The log of a stack, as somebody outside sees it: a copy of the bucket, the public key, and checkpoints."""

    def __init__(self, deployed, countersign, folder):
        shutil.rmtree(folder, ignore_errors=True)
        self.deployed, self.countersign = deployed, countersign
        self.copy, self.key, self.checkpoints = folder / "log", folder / "key.der", folder / "checkpoints"
        self.checkpoints.mkdir(parents=True)
        self._second_place = second_place(deployed)

    def synchronise(self):
        """What `aws s3 sync` does."""
        s3, bucket = self.deployed.cloud.client("s3"), self.deployed.outputs["AuditBucket"]
        public = self.deployed.cloud.client("kms").get_public_key(KeyId=self.deployed.outputs["AuditLogKeyId"])
        self.key.write_bytes(public["PublicKey"])
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [found["Key"] for page in pages for found in page.get("Contents", [])]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: self._fetch(s3, bucket, name), names))
        return names

    def _fetch(self, s3, bucket, name):
        path = self.copy / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket=bucket, Key=name)["Body"].read())

    def publish(self):
        """Has the heads published, and keeps what arrives at the second place."""
        answer = self.deployed.invoke("publish-checkpoints", event("publish-checkpoints", "every-minute"))
        sqs, received = self.deployed.cloud.client("sqs"), 0
        while messages := sqs.receive_message(QueueUrl=self._second_place, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                checkpoint = json.loads(message["Body"])["Message"]
                (self.checkpoints / f"{message['MessageId']}.json").write_text(checkpoint)
                sqs.delete_message(QueueUrl=self._second_place, ReceiptHandle=message["ReceiptHandle"])
                received += 1
        if answer.get("checkpoints", 0) < 1 or received < answer["checkpoints"]:
            raise Failed(f"publish-checkpoints answered {answer}, and {received} checkpoints arrived")
        return received

    def verify(self):
        """Its exit status, and all that `countersign audit verify` said."""
        done = self._countersign("verify", "--log", self.copy, "--key", self.key, "--checkpoints", self.checkpoints)
        return done.returncode, done.stdout + done.stderr

    def prove(self, event_id):
        proof = self.copy.parent / "proof.json"
        for arguments in (["prove", event_id, "--out", proof, "--log", self.copy, "--key", self.key],
                          ["check", proof, "--key", self.key]):
            done = self._countersign(*arguments)
            if done.returncode != 0:
                raise Failed(f"audit {arguments[0]}: {done.stderr}")

    def _countersign(self, *arguments):
        return subprocess.run(
            [str(self.countersign), "audit", *map(str, arguments)], env=self.deployed.cloud.environment(), timeout=300,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def positions(self):
        """Where each event stands, by its id: every payload that a header has."""
        found = collections.defaultdict(list)
        for path in sorted(self.copy.glob("*/*.header.json")):
            header = json.loads(path.read_text())
            header = header.get("header", header)
            payload = path.with_name(f"{header['batch']:020}-{header['root'][:16]}.jsonl")
            for number, line in enumerate(payload.read_bytes().splitlines()):
                found[json.loads(line)["id"]].append((header["shard"], header["batch"], number))
        return found


def survive(deployed, tenant, countersign, work):
    """The whole story of the log."""
    log = Log(deployed, countersign, pathlib.Path(work) / "audit")
    sent = send(deployed, tenant)
    kill_writers(deployed)
    recorded = record_everything(deployed, sent)
    poison_ends_alone(deployed)
    log.publish()
    names = log.synchronise()
    check_copy(log, sent, recorded, names)
    flip(log)
    locked(deployed, names)
    drained(deployed)
    reconciled(deployed, tenant)


def send(deployed, tenant):
    """Sends the events and the message that is none, ten at a time, and gives the events' ids."""
    # A killed writer's messages come back after this time instead of six minutes.
    deployed.set_queue("AuditQueueUrl", VisibilityTimeout="45")
    bodies = [canonical_event(tenant) for _ in range(EVENTS)]
    ids = {json.loads(body)["id"] for body in bodies}
    bodies.insert(EVENTS // 2, POISON)
    sqs, url, began = deployed.cloud.client("sqs"), deployed.outputs["AuditQueueUrl"], time.monotonic()

    def send_ten(first):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies[first:first + 10])]
        failed = sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
        if failed:
            raise Failed(f"the queue refused {failed}")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(send_ten, range(0, len(bodies), 10)))
    say(f"{EVENTS} events and a message that is none sent in {time.monotonic() - began:.0f} s")
    return ids


def kill_writers(deployed):
    """Kills a writer at work, again and again, until at least one invocation has ended so."""
    began = deployed.cloud.log.read_text(errors="replace").count(FAILED_WRITER)
    for left in KILLED_AT:
        wait_until(f"{left} messages left", lambda left=left: deployed.waiting() <= left, 600)
        pids = writers(deployed.cloud.process.pid)
        for pid in random.sample(pids, min(2, len(pids))):
            os.kill(pid, signal.SIGKILL)
            say(f"with {deployed.waiting()} messages left, writer {pid} of {len(pids)} was killed")
    ended = deployed.cloud.log.read_text(errors="replace").count(FAILED_WRITER) - began
    if ended < 1:
        raise Failed("no writer was killed at work")
    say(f"{ended} invocations ended with their writer")


def writers(pid):
    """The processes of audit-writer that MiniStack has started, by their environment."""
    def is_writer(child):
        try:
            environment = pathlib.Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return any(entry.startswith(b"AWS_LAMBDA_FUNCTION_NAME=") and entry.endswith(b"-audit-writer")
                   for entry in environment)

    return sorted(filter(is_writer, descendants(pid)))


def record_everything(deployed, sent):
    """Waits until all events are acknowledged, and gives what the index has of them."""
    began = time.monotonic()
    # The message that is none, which is with a writer, in the queue or among the dead letters.
    wait_until("every event is acknowledged", lambda: deployed.waiting() + deployed.dead_letters() <= 1, 600, pause=1)
    say(f"all acknowledged after {time.monotonic() - began:.0f} s more")
    indexed = collections.Counter(
        item["sk"]["S"] for item in deployed.audit_items() if "/s/" in item["pk"]["S"] and item["sk"]["S"] in sent)
    if len(indexed) != EVENTS or set(indexed.values()) != {1}:
        raise Failed(f"the index has {len(indexed)} of {EVENTS} events")
    return indexed


def poison_ends_alone(deployed):
    deployed.set_queue("AuditQueueUrl", VisibilityTimeout="1")
    alone = wait_until("the message that is none is a dead letter", lambda: deployed.dead_letters() >= 1, 120, pause=1)
    sqs, url = deployed.cloud.client("sqs"), deployed.outputs["AuditDeadLettersUrl"]
    bodies = [message["Body"] for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    if not alone or deployed.waiting() != 0 or bodies != [POISON]:
        raise Failed(f"among the dead letters: {bodies}; {deployed.waiting()} messages wait")
    sqs.purge_queue(QueueUrl=url)
    deployed.set_queue("AuditQueueUrl", VisibilityTimeout="360")
    say("the message that is none is the only dead letter")


def check_copy(log, sent, recorded, names):
    began = time.monotonic()
    status, told = log.verify()
    if status != 0:
        raise Failed(f"audit verify ended with {status}: {told}")
    positions = log.positions()
    twice = [found for found in positions.values() if len(found) != 1]
    if twice or not sent <= set(positions):
        raise Failed(f"{len(twice)} events are in the log twice, {len(sent - set(positions))} are missing")
    log.prove(next(iter(recorded)))
    say(f"{len(names)} objects, {told.splitlines()[-1]} in {time.monotonic() - began:.0f} s, and an event proved")


def flip(log):
    """One bit of one event, in the copy."""
    payload = random.choice([path for path in log.copy.glob("*/*.jsonl") if path.stat().st_size > 0])
    bytes_before = payload.read_bytes()
    position = random.randrange(len(bytes_before))
    changed = bytearray(bytes_before)
    changed[position] ^= 1
    payload.write_bytes(changed)
    status, told = log.verify()
    payload.write_bytes(bytes_before)
    name = str(payload.relative_to(log.copy))
    if status == 0 or name not in told:
        raise Failed(f"byte {position} of {name} was flipped, and audit verify ended with {status}: {told}")
    say(f"byte {position} of {name} was flipped: {told.strip()}")
    if log.verify()[0] != 0:
        raise Failed("the log does not verify with the byte flipped back")


def locked(deployed, names):
    """Not even the account's root deletes a version of an object before its time."""
    s3, bucket = deployed.cloud.client("s3"), deployed.outputs["AuditBucket"]
    version = s3.list_object_versions(Bucket=bucket, Prefix=names[0])["Versions"][0]["VersionId"]
    try:
        s3.delete_object(Bucket=bucket, Key=names[0], VersionId=version)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return
        raise
    raise Failed(f"{names[0]} was deleted although it is locked")


def drained(deployed):
    deployed.invoke("drain-outbox", event("drain-outbox", "every-minute"))
    if left := deployed.outbox():
        raise Failed(f"the outbox has {left} events after the drain")
    say("the outbox is empty after the drain")


def reconciled(deployed, tenant):
    """A verification that was recorded as opened and is not there is told of, once however often it is reconciled."""
    before = deployed.events()
    opened = event("reconcile", "opened").replace(TENANT_OF_THE_EVENTS, tenant)
    for _ in range(2):
        answer = deployed.invoke("reconcile", opened)
        if answer.get("batchItemFailures"):
            raise Failed(f"reconcile answered {answer}")
    told = wait_until(
        "reconcile tells of the verification that is missing",
        lambda: deployed.waiting() == 0 and deployed.events().get("verification_missing", 0), 120, pause=1)
    if told - before.get("verification_missing", 0) != 1:
        raise Failed(f"reconcile told of it {told} times")
    say("reconcile told of a verification that is not there, once")


def read_trail(deployed, base_url, key):
    """Enrols somebody, and waits until the trail says so, with where the request came from."""
    enrolled = call(base_url, key, "POST", "/v1/enrollments", {"factors": FACTORS})
    path = f"/v1/audit?user_id={enrolled['user_id']}&limit=10"
    page = wait_until("the trail has the enrollment", lambda: has_enrollment(call(base_url, key, "GET", path)), 120, pause=1)
    created = [it for it in page["events"] if "enrollment_created" in it["outcome"]]
    if len(created) != 1 or not created[0].get("personal", {}).get("source_address"):
        raise Failed(f"the trail of somebody who was enrolled is {page}")
    everybody = pages(base_url, key, "/v1/audit?limit=100")
    if not everybody or any("personal" in found for found in everybody):
        raise Failed(f"the trail of everybody is {everybody}")
    say(f"the trail of one person has {len(page['events'])} events, and says where they came from; "
        f"that of everybody has {len(everybody)}")


def pages(base_url, key, path):
    """The events of all pages."""
    events, cursor = [], ""
    while cursor is not None:
        page = call(base_url, key, "GET", path + cursor)
        events += page["events"]
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    return events


def has_enrollment(page):
    return page if any("enrollment_created" in found["outcome"] for found in page["events"]) else None


def call(base_url, key, method, path, body=None):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": uuid7()}
    request = urllib.request.Request(
        base_url + path, data=body and json.dumps(body).encode(), headers=headers, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return json.load(answer)


def event(function, case):
    return (template.ROOT / "events" / function / f"{case}.json").read_text()


def canonical_event(tenant):
    """A session's end, in the canonical form of docs/AUDIT_LOG.md."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime())
    return json.dumps({
        "at": at, "id": uuid7(), "outcome": {"session_revoked": {"session": str(uuid.uuid4())}}, "personal": None,
        "request_id": "deployed", "schema": 1, "subject": f"{random.randint(1, 4):032x}", "tenant": tenant,
    }, sort_keys=True, separators=(",", ":"))


def uuid7():
    text = f"{time.time_ns() // 10**6:012x}7{os.urandom(10).hex()}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-8{text[17:20]}-{text[20:32]}"


def second_place(deployed):
    """A queue that gets every checkpoint: what an auditor would have in another account."""
    sqs, sns = deployed.cloud.client("sqs"), deployed.cloud.client("sns")
    url = sqs.create_queue(QueueName="checkpoints-elsewhere")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = deployed.outputs["CheckpointTopicArn"]
    allowed = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn,
         "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


# What MiniStack logs when an invocation of a writer ended without an answer.
FAILED_WRITER = "-audit-writer failed processing SQS batch"
TENANT_OF_THE_EVENTS = "0192f0c1-2345-7abc-8def-0123456789ab"
FACTORS = [{"type": "pin", "digest": "11" * 32}, {"type": "nfc", "digest": "22" * 32}]
