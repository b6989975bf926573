"""A merchant's requests over HTTP/1.1, many at once, each with its answer and its time."""

import asyncio
import dataclasses
import hashlib
import json
import uuid

from switching import uuid7

DEADLINE_SECONDS = 10
NO_ANSWER = 0


@dataclasses.dataclass
class Request:
    """What a merchant sends, and sends again unchanged if it does not learn what became of it."""

    kind: str
    method: str
    path: str
    body: dict | None = None
    user: str = ""
    key: str = dataclasses.field(default_factory=uuid7)


@dataclasses.dataclass
class Answer:
    status: int
    body: dict

    @property
    def problem(self) -> str:
        return str(self.body.get("type", "")).removeprefix("/problems/")

    @property
    def is_undecided(self) -> bool:
        """Whether docs/API.md tells the caller to send the same request again."""
        return self.status == NO_ANSWER or self.status >= 500 or self.problem == "request-in-progress"


class Target:
    """One address of the service, with connections that are kept."""

    def __init__(self, port: int, api_key: str):
        self.port = port
        self._api_key = api_key
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: Request) -> Answer:
        """The answer; without one within the deadline, or with a connection that breaks, `NO_ANSWER`."""
        try:
            return await asyncio.wait_for(self._send(request), DEADLINE_SECONDS)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return Answer(NO_ANSWER, {})

    async def _send(self, request: Request) -> Answer:
        reader, writer = await self._connection()
        try:
            writer.write(self._bytes(request))
            answer = await read_answer(reader)
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)

    def _bytes(self, request: Request) -> bytes:
        body = json.dumps(request.body).encode() if request.body is not None else b""
        lines = [f"{request.method} {request.path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self._api_key}",
                 f"Idempotency-Key: {request.key}", f"Content-Length: {len(body)}"]
        if body:
            lines.append("Content-Type: application/json")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(head[0].split(" ")[1]), json.loads(body) if body else {})


class Person:
    """A user with two factors."""

    TYPES = ("pin", "nfc")

    def __init__(self):
        self.id = str(uuid.uuid4())

    def enrolling(self) -> Request:
        factors = self._factors(self.TYPES, "right")
        return Request("enroll", "POST", "/v1/enrollments", {"user_id": self.id, "factors": factors}, self.id)

    def opening(self, kind: str) -> Request:
        return Request(kind, "POST", "/v1/verifications", {"user_id": self.id}, self.id)

    def presenting(self, kind: str, verification: str, asked: list[str], knows: str) -> Request:
        """An attempt with the `right` factors, or with any other."""
        body = {"factors": self._factors(asked, knows)}
        return Request(kind, "POST", f"/v1/verifications/{verification}/attempts", body, self.id)

    def _factors(self, types: list[str] | tuple[str, ...], knows: str) -> list[dict]:
        return [{"type": it, "digest": hashlib.sha256(f"{knows} {it} of {self.id}".encode()).hexdigest()} for it in types]


def asking(verification: str) -> Request:
    return Request("status", "GET", f"/v1/verifications/{verification}")


def introspecting(token: str) -> Request:
    return Request("introspect", "POST", "/v1/sessions/introspect", {"token": token})
