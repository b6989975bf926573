"""A stand-in for API Gateway before `cargo lambda watch`, whose router knows routes but no authorizers.

It does what an HTTP API with payload format 2.0 does: finds the template's route, asks the authorizer (and remembers its
answer for as long as the template says), invokes the function, and turns its answer into a response.
"""

import base64
import contextlib
import http.server
import json
import re
import threading
import time
import urllib.request
import uuid

import template

LARGEST_BODY = 10 * 1024 * 1024


class Gateway:
    def __init__(self, invoke_url):
        self._invoke_url = invoke_url
        self._routes = [(route, pattern(route.path)) for route in template.routes()]
        resource, definition = template.authorizer()
        self._authorizer = template.binary(template.functions()[resource])
        self._remember_seconds = definition["Identity"]["ReauthorizeEvery"]
        self._remembered = {}

    def answer(self, method, target, headers, body, source_ip):
        """The status, headers and body that the caller gets."""
        path, _, query = target.partition("?")
        found = self._find(method, path)
        if found is None:
            return message(404, "Not Found")
        route, parameters = found
        event = self._event(route, method, path, query, parameters, headers, body, source_ip)
        if route.authorized:
            if not headers.get("authorization"):
                return message(401, "Unauthorized")
            decision = self._authorize(event, headers["authorization"])
            if decision is None:
                return message(500, "Internal Server Error")
            if not decision["isAuthorized"]:
                return message(403, "Forbidden")
            event["requestContext"]["authorizer"] = {"lambda": decision.get("context", {})}
        answer = self._invoke(route.binary, event)
        return message(500, "Internal Server Error") if answer is None else response(answer)

    def _find(self, method, path):
        for route, matcher in self._routes:
            if route.method == method and (match := matcher.fullmatch(path)):
                return route, match.groupdict()
        return None

    def _event(self, route, method, path, query, parameters, headers, body, source_ip):
        now = time.time()
        event = {
            "version": "2.0", "routeKey": route.key, "rawPath": path, "rawQueryString": query, "headers": headers,
            "pathParameters": parameters,
            "requestContext": {
                "accountId": "000000000000", "apiId": "watch", "domainName": "localhost", "domainPrefix": "localhost",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": source_ip,
                         "userAgent": headers.get("user-agent", "")},
                "requestId": str(uuid.uuid4()), "routeKey": route.key, "stage": "$default",
                "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)), "timeEpoch": int(now * 1000)},
            "isBase64Encoded": False}
        if body:
            try:
                event["body"] = body.decode()
            except UnicodeDecodeError:
                event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        return event

    def _authorize(self, event, identity):
        until, decision = self._remembered.get(identity, (0, None))
        if until > time.monotonic():
            return decision
        asked = {key: event[key] for key in ("version", "routeKey", "rawPath", "rawQueryString", "headers")}
        asked |= {"type": "REQUEST", "identitySource": [identity], "requestContext": event["requestContext"],
                  "routeArn": f"arn:aws:execute-api:eu-west-1:000000000000:watch/$default/{event['routeKey']}"}
        decision = self._invoke(self._authorizer, asked)
        if decision is None or not isinstance(decision.get("isAuthorized"), bool):
            return None
        self._remembered[identity] = (time.monotonic() + self._remember_seconds, decision)
        return decision

    def _invoke(self, function, event):
        """The function's answer; `None` when it failed."""
        url = f"{self._invoke_url}/2015-03-31/functions/{function}/invocations"
        request = urllib.request.Request(url, data=json.dumps(event).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found = json.load(answer)
        except (OSError, ValueError):
            return None
        return None if "errorType" in found else found


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    gateway = None

    def handle_one(self):
        length = int(self.headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self.send(message(413, "Request Entity Too Large"))
            return
        headers = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
        # The transport's own words, whatever the caller wrote.
        headers |= {"x-forwarded-for": self.client_address[0], "x-forwarded-port": "443", "x-forwarded-proto": "https"}
        body = self.rfile.read(length)
        answer = self.gateway.answer(self.command, self.path, headers, body, self.client_address[0])
        # A caller need not wait for it.
        with contextlib.suppress(ConnectionError):
            self.send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_one

    def send(self, answer):
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """Silent: the functions' own log is the one to read."""


@contextlib.contextmanager
def serving(invoke_url):
    """Serves on a free loopback port, and gives the address."""
    handler = type("BoundHandler", (Handler,), {"gateway": Gateway(invoke_url)})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def pattern(path):
    """`/v1/enrollments/{user_id}` as a regular expression; a parameter is one segment."""
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile("".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def response(answer):
    headers = {**answer.get("headers", {})}
    for name, values in answer.get("multiValueHeaders", {}).items():
        headers.setdefault(name, ",".join(values))
    headers.pop("content-length", None)
    body = answer.get("body") or ""
    return answer["statusCode"], headers, base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


def message(status, text):
    return status, {"content-type": "application/json"}, json.dumps({"message": text}).encode()
