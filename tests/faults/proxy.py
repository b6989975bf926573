"""A TCP proxy on loopback that does to HTTP calls what networks and services do: `python proxy.py PORT` relays to that port.

It prints its own port, and then follows the lines of its standard input until that ends: `FAULT SHARE`, for example `stall 0.3`.

| fault | what becomes of that share of the calls |
|---|---|
| `none` | they are relayed |
| `throttle` | DynamoDB's refusal for lack of throughput, without being executed |
| `error` | a 500, without being executed |
| `stall` | relayed 5 seconds later, whether or not the caller still waits |
| `lose` | executed, and the connection is closed in place of the answer |
| `refuse` | the connection is closed, without being executed |
"""

import asyncio
import json
import random
import sys

STALL_SECONDS = 5
THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "The level of configured provisioned throughput for the table was exceeded."}
FAILED = {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error"}

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    def __init__(self, upstream: int):
        self._upstream = upstream
        self._random = random.Random(5)
        self._serving: set[asyncio.Task] = set()
        self.fault, self.share = "none", 0.0

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The loop itself does not keep a task that waits for an answer whose caller is gone.
        serving = asyncio.create_task(self.serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, with one to the server behind it."""
        server: Streams | None = None
        try:
            while call := await read_message(reader):
                fault = self.fault if self._random.random() < self.share else "none"
                if fault == "refuse":
                    return
                if fault in ("throttle", "error"):
                    writer.write(refusal(400, THROTTLED) if fault == "throttle" else refusal(500, FAILED))
                    continue
                if fault == "stall":
                    await asyncio.sleep(STALL_SECONDS)
                server = server or await asyncio.open_connection("127.0.0.1", self._upstream)
                server[1].write(call)
                answer = await read_message(server[0])
                if fault == "lose" or not answer:
                    return
                writer.write(answer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in (writer, server and server[1]):
                if end:
                    end.close()

    async def obey(self) -> None:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            fault, share = line.decode().split()
            self.fault, self.share = fault, float(share)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or response; nothing if the connection ends before one."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    headers = dict(line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:] if b":" in line)
    if b"chunked" not in headers.get(b"transfer-encoding", b""):
        return head + await reader.readexactly(int(headers.get(b"content-length", 0)))
    message = [head]
    while True:
        size = await reader.readuntil(b"\r\n")
        message += [size, await reader.readexactly(int(size, 16) + 2)]
        if int(size, 16) == 0:
            return b"".join(message)


def refusal(status: int, body: dict) -> bytes:
    text = json.dumps(body)
    return (f"HTTP/1.1 {status} Refused\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: FAULT\r\n"
            f"content-length: {len(text)}\r\n\r\n{text}").encode()


async def main() -> None:
    proxy = Proxy(int(sys.argv[1]))
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0, limit=1 << 22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await proxy.obey()


if __name__ == "__main__":
    asyncio.run(main())
