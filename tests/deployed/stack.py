"""The stack: built and deployed by the SAM CLI, completed with what MiniStack leaves out, and looked into."""

import json

import template
from ministack import REGION
from processes import Failed, capture, run, say, wait_until

NAME = "countersign-test"
ISSUER = "https://auth.test.example"
# What admin says that it did, by the files of events/admin and in their order; and the tenant and the user that the files name.
ADMIN = {
    "unlock-account": "account_unlocked", "disable-user": "user_disabled", "enable-user": "user_enabled",
    "deny-network": "listing_put", "allow-tenant": "listing_put",
    "show-limits": "limits_shown", "remove-listing": "listing_removed", "create-key": "key_created",
    "rotate-key": "key_rotated", "list-keys": "keys_listed", "revoke-key": "key_revoked",
    "revoke-sessions": "sessions_revoked", "erase-user": "user_erased"}
TENANT_OF_THE_EVENTS = "0192f0c1-2345-7abc-8def-0123456789ab"
USER_OF_THE_EVENTS = "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10"
KEY_OF_THE_EVENTS = "860cef914a1e8797"
# The condition on what a wrapped key is for; no statement has another one beside it.
PURPOSE = "kms:EncryptionContext:countersign:purpose"
# What is deployed is built the same way for whoever compiles incrementally otherwise.
AS_DEPLOYED = {"CARGO_INCREMENTAL": "0"}
# The journey asks what the functions do, not how fast: it is built in a fifth of the time of the profile that operators deploy.
QUICK = AS_DEPLOYED | {
    "CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"}


class Stack:
    def __init__(self, cloud):
        self.cloud = cloud
        described = cloud.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def variables(self):
        """Every variable that some function reads, for functions that run outside the stack on its state."""
        return {
            "COUNTERSIGN_CORE_TABLE": self.outputs["CoreTable"],
            "COUNTERSIGN_EPHEMERAL_TABLE": self.outputs["EphemeralTable"],
            "COUNTERSIGN_AUDIT_TABLE": self.outputs["AuditTable"],
            "COUNTERSIGN_AUDIT_QUEUE_URL": self.outputs["AuditQueueUrl"],
            "COUNTERSIGN_AUDIT_BUCKET": self.outputs["AuditBucket"],
            "COUNTERSIGN_AUDIT_KEY_ID": self.outputs["AuditLogKeyId"],
            "COUNTERSIGN_RECONCILE_QUEUE_URL": self.outputs["ReconcileQueueUrl"],
            "COUNTERSIGN_CHECKPOINT_TOPIC_ARN": self.outputs["CheckpointTopicArn"],
            "COUNTERSIGN_KMS_KEY_ID": self.outputs["KmsKeyId"],
            "COUNTERSIGN_ISSUER": ISSUER,
            "COUNTERSIGN_KDF": "argon2id"}

    def base_url(self):
        return f"{self.cloud.url}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    def audit_items(self):
        """Everything in the audit table."""
        table = self.outputs["AuditTable"]
        for page in self.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]

    def events(self):
        """The outcomes that the audit log's index holds, by name, with how often. Each event is there twice; once by its subject."""
        names = {}
        for item in self.audit_items():
            if "/s/" in item["pk"]["S"]:
                name = outcome(item)
                names[name] = names.get(name, 0) + 1
        return names

    def outbox(self):
        """How many events wait in the outbox."""
        pages = self.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["CoreTable"])
        return sum(item["pk"]["S"].startswith("outbox/") for page in pages for item in page["Items"])

    def invoke(self, binary, payload):
        """A function's answer to an event."""
        answer = self.cloud.client("lambda").invoke(FunctionName=f"{NAME}-{binary}", Payload=payload.encode())
        found = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise Failed(f"{binary} failed: {found}")
        return found

    def set_queue(self, output, **attributes):
        self.cloud.client("sqs").set_queue_attributes(QueueUrl=self.outputs[output], Attributes=attributes)

    def waiting(self):
        """How many messages are in the audit queue or with the writer."""
        return messages(self.cloud, self.outputs["AuditQueueUrl"])

    def dead_letters(self):
        return messages(self.cloud, self.outputs["AuditDeadLettersUrl"])


def build(environment, profile, architecture, folder, log):
    """Builds all functions at once, where one can watch, and then lets `sam build` find them built and collect them.

    With the plain compiler instead of zig: for this machine, nothing is cross-compiled.
    """
    environment = environment | profile | {
        "CARGO_LAMBDA_COMPILER": "cargo", "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}
    binaries = [template.binary(definition) for definition in template.functions().values()]
    say(f"cargo lambda build of {len(binaries)} functions")
    run(["cargo", "lambda", "build", "--release", "--locked", *(f"--bin={binary}" for binary in binaries)],
        environment, 2400, folder=template.ROOT)
    say(f"sam build ({architecture}; log in {log})")
    run(["sam", "build", "--build-dir", str(folder), "--parameter-overrides", f"Architecture={architecture}"],
        environment, 1200, folder=template.ROOT, log=log)


def deploy(cloud, architecture, folder, log):
    say("sam deploy")
    run(["sam", "deploy", "--template-file", str(folder / "template.yaml"), "--stack-name", NAME, "--region", REGION,
         "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
         "--parameter-overrides", f"Architecture={architecture}", f"Issuer={ISSUER}"],
        cloud.environment(), 600, folder=template.ROOT, log=log)
    stack = Stack(cloud)
    add_routes(stack)
    lock_log(stack)
    mend_roles(stack)
    return stack


def deploy_alone(cloud, binary):
    """`cargo lambda deploy` of one function into the stack; its configuration stays as the template made it."""
    name, functions = f"{NAME}-{binary}", cloud.client("lambda")
    before = functions.get_function_configuration(FunctionName=name)
    say(f"cargo lambda deploy of {binary}")
    run(["cargo", "lambda", "deploy", "--binary-name", binary, name], cloud.environment(), 120, folder=template.ROOT)

    def updated():
        now = functions.get_function_configuration(FunctionName=name)
        return now if now["LastUpdateStatus"] == "Successful" and now["State"] == "Active" else None

    after = wait_until(f"the update of {name}", updated, 60)
    changed = [key for key in ("Environment", "Role", "MemorySize", "Timeout") if before.get(key) != after.get(key)]
    if changed:
        raise Failed(f"cargo lambda deploy changed {changed} of {name}")


def add_routes(stack):
    """MiniStack ignores the Body of an HTTP API, where SAM puts the authorizer, the integrations and the routes."""
    gateway, api = stack.cloud.client("apigatewayv2"), stack.outputs["ApiId"]
    if gateway.get_routes(ApiId=api)["Items"]:
        raise Failed("MiniStack made the API's routes itself: this step is no longer needed")
    arns = function_arns(stack)
    authorizer = add_authorizer(gateway, api, arns)
    integrations = {}
    for route in template.routes():
        if route.resource not in integrations:
            integrations[route.resource] = gateway.create_integration(
                ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arns[route.resource],
                PayloadFormatVersion="2.0")["IntegrationId"]
        security = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer} if route.authorized else {}
        gateway.create_route(
            ApiId=api, RouteKey=route.key, Target=f"integrations/{integrations[route.resource]}", **security)
    say(f"{len(template.routes())} routes to {len(integrations)} functions")


def lock_log(stack):
    """MiniStack ignores a bucket's lock, and does not know the condition that keeps objects from being put twice."""
    s3, bucket = stack.cloud.client("s3"), stack.outputs["AuditBucket"]
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})


def mend_roles(stack):
    """Changes in the roles what MiniStack judges otherwise than AWS does."""
    iam, resources = stack.cloud.client("iam"), physical_names(stack)
    for function in template.functions():
        role = resources[f"{function}Role"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            statements = [mend(it) for it in document["Statement"]]
            if statements != document["Statement"]:
                mended = json.dumps(document | {"Statement": statements})
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=mended)


def mend(statement):
    """MiniStack asks for `sqs:SendMessageBatch`, an action that AWS does not have: `sqs:SendMessage` covers batches there. And of KMS's
    condition keys it knows none, so that who may unwrap some keys could unwrap nothing."""
    if statement["Action"] == "sqs:SendMessage":
        return statement | {"Action": ["sqs:SendMessage", "sqs:SendMessageBatch"]}
    if PURPOSE in statement.get("Condition", {}).get("StringEquals", {}):
        return {name: value for name, value in statement.items() if name != "Condition"}
    return statement


def add_authorizer(gateway, api, arns):
    resource, definition = template.authorizer()
    return gateway.create_authorizer(
        ApiId=api, Name=resource, AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arns[resource]}/invocations",
        IdentitySource=[f"$request.header.{header}" for header in definition["Identity"]["Headers"]],
        AuthorizerPayloadFormatVersion=definition["AuthorizerPayloadFormatVersion"],
        EnableSimpleResponses=definition["EnableSimpleResponses"],
        AuthorizerResultTtlInSeconds=definition["Identity"]["ReauthorizeEvery"])["AuthorizerId"]


def function_arns(stack):
    names = physical_names(stack)
    functions = stack.cloud.client("lambda")
    return {resource: functions.get_function_configuration(FunctionName=names[resource])["FunctionArn"]
            for resource in template.functions()}


def physical_names(stack):
    resources = stack.cloud.client("cloudformation").describe_stack_resources(StackName=NAME)["StackResources"]
    return {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in resources}


def create_tenant(stack, countersign):
    """Makes a tenant as an operator does, and gives its id and its API key."""
    printed = capture(
        [str(countersign), "admin", "create-tenant", "--core-table", stack.outputs["CoreTable"],
         "--kms-key-id", stack.outputs["KmsKeyId"]], stack.cloud.environment(), 60)
    keys = [line.removeprefix("api_key=") for line in printed.splitlines() if line.startswith("api_key=csk_")]
    if len(keys) != 1:
        raise Failed("`countersign admin create-tenant` did not print exactly one API key")
    tenants = [line.removeprefix("tenant_id=") for line in printed.splitlines() if line.startswith("tenant_id=")]
    return tenants[0], keys[0]


def import_user(stack, tenant, countersign, folder):
    """Enrols the user whom the files of events/admin name, so that there is somebody to disable and to erase."""
    hashed = "$pbkdf2-sha256$i=100000$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc"
    factors = [{"type": name, "phc": hashed} for name in ("pin", "nfc")]
    users, report = folder / "users.jsonl", folder / "import.jsonl"
    users.write_text(json.dumps({"user_id": USER_OF_THE_EVENTS, "hashed": "bytes", "factors": factors}))
    report.unlink(missing_ok=True)
    capture(
        [str(countersign), "admin", "import", "--tenant-id", tenant, str(users), "--report", str(report),
         "--core-table", stack.outputs["CoreTable"], "--kms-key-id", stack.outputs["KmsKeyId"],
         "--audit-queue-url", stack.outputs["AuditQueueUrl"]], stack.cloud.environment(), 60)


def administer(stack, tenant):
    """Has the admin function carry out every command of events/admin, as an operator whom IAM lets do so."""
    key = KEY_OF_THE_EVENTS
    for case, did in ADMIN.items():
        command = json.loads((template.ROOT / "events/admin" / f"{case}.json").read_text())
        payload = json.dumps(command).replace(TENANT_OF_THE_EVENTS, tenant).replace(KEY_OF_THE_EVENTS, key)
        told = invoke_admin(stack, payload)
        if told.get("did") != did:
            raise Failed(f"admin answered {case} with {told}")
        # What is changed from here on is the key that the operator made.
        key = told["key"]["key_id"] if case == "create-key" else key
    refused = invoke_admin(stack, json.dumps({"command": "unlock_everybody"}))
    if refused.get("errorType") != "malformed-command":
        raise Failed(f"admin answered what is no command with {refused}")
    say("admin carried out every command")


def invoke_admin(stack, payload):
    answer = stack.cloud.client("lambda").invoke(FunctionName=stack.outputs["AdminFunction"], Payload=payload.encode())
    return json.load(answer["Payload"])


def check_audit(stack, before, expected):
    """Waits until the writer has stored what a journey caused, and nothing is left over."""
    def arrived():
        now = stack.events()
        missing = {name for name in expected if now.get(name, 0) <= before.get(name, 0)}
        return now if not missing and stack.waiting() == 0 else None

    try:
        now = wait_until("the audit table has the journey's events", arrived, 60, pause=1)
    except Failed as failure:
        raise Failed(f"{failure}; it has {stack.events()}, wanted one more of {sorted(expected)} than {before}") from None
    if stack.dead_letters() != 0:
        raise Failed("an audit event went to the dead letters")
    say(f"the audit table holds {now}, the queue nothing, the dead letters nothing")
    return now


def outcome(item):
    """The name of a stored event's outcome, out of the one attribute that is its canonical JSON."""
    for value in item.values():
        raw = value.get("B") or value.get("S", "").encode()
        if raw.startswith(b"{") and (found := json.loads(raw)).get("outcome"):
            name = found["outcome"]
            return name if isinstance(name, str) else next(iter(name))
    raise Failed(f"an audit item without an event: its attributes are {sorted(item)}")


def messages(cloud, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def show_function_logs(cloud, lines=60):
    """For a failed journey: the end of what the functions wrote."""
    logs = cloud.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"], limit=10000)["events"]
        texts = [event["message"].rstrip() for event in sorted(events, key=lambda event: event["timestamp"])]
        texts = [text for text in texts if not text.startswith(("START ", "END ", "REPORT "))]
        print(f"--- the end of {group['logGroupName']}", *texts[-lines:], "---", sep="\n", flush=True)
