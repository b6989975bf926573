"""Steady load in an open loop, and what those who send it believe afterwards.

| stream | what is sent |
|---|---|
| journeys | a user opens a verification, asks for its status, and some present the right factors; only these are measured |
| hammering | a user with few permits opens verifications, one from the beginning and another from the fault on |
| guessing | for a user, a verification is opened and six wrong attempts are sent at once |

Every request is due at a time that does not depend on the answers before, and its latency counts from then.
"""

import asyncio
import dataclasses
import functools
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from client import Answer, Person, Request, Target, asking, introspecting

PAUSE_SECONDS = 0.2
GUESSES = 6
VICTIMS = 9
SETTLE_SECONDS = 40
AT_ONCE = 16


@dataclasses.dataclass
class Rates:
    """How many begin in a second, and how many journeys come to one that presents factors."""

    journeys: float = 80
    journeys_to_a_login: int = 5
    hammering: float = 10
    guessing: float = 0.5
    people: int = 161


@dataclasses.dataclass
class Sample:
    kind: str
    due: float
    seconds: float
    status: int
    as_expected: bool


@dataclasses.dataclass
class Beliefs:
    """What callers were told, and what they were not."""

    opened: dict[str, str] = dataclasses.field(default_factory=dict)
    """Verifications, with whose they are."""
    sessions: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    """Verifications that succeeded, with session and token."""
    wrong: Counter = dataclasses.field(default_factory=Counter)
    """Verifications with the number of attempts that were answered as wrong."""
    gone: set[str] = dataclasses.field(default_factory=set)
    """Verifications that are not there although they were opened."""
    refused: list[str] = dataclasses.field(default_factory=list)
    """Answers that decide a journey's request, and not as they should."""
    undecided: list[Request] = dataclasses.field(default_factory=list)

    def of(self, user: str) -> int:
        return sum(owner == user for owner in self.opened.values())


class Load:
    """A load on one or more targets, which are chosen anew for every request among those that are up."""

    def __init__(self, targets: list[Target], rates: Rates | None = None):
        self.targets, self.rates = targets, rates or Rates()
        self.samples: list[Sample] = []
        self.beliefs = Beliefs()
        self.people = [Person() for _ in range(self.rates.people)]
        self.victims = [Person() for _ in range(VICTIMS)]
        self.hammered = [Person(), Person()]
        self._journeys, self._guessed, self._sent = itertools.count(), itertools.count(), itertools.count()
        self._tasks: set[asyncio.Task] = set()

    async def enrol(self) -> None:
        """Enrols everybody; raises if somebody can't be."""
        async def one(person: Person) -> None:
            answer = await self._told(person.enrolling())
            if answer.status != 201:
                raise RuntimeError(f"nobody can be enrolled: {answer}")

        await at_once(one, self.people + self.victims)

    async def run(self, seconds: float, hammered: list[int]) -> tuple[float, float]:
        """The load for this long, with these users hammered; gives when it began and ended. What is not answered by then goes on."""
        began = time.monotonic()
        end = began + seconds
        await asyncio.gather(
            self._stream(end, self.rates.journeys, self._journey),
            *(self._stream(end, self.rates.hammering, functools.partial(self._hammer, self.hammered[it])) for it in hammered),
            self._stream(end, self.rates.guessing, self._guess))
        return began, end

    async def _stream(self, end: float, per_second: float, begin: Callable[[float], Awaitable[None]]) -> None:
        due = time.monotonic()
        while due < end:
            await asyncio.sleep(due - time.monotonic())
            task = asyncio.create_task(begin(due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            due += 1 / per_second

    async def _journey(self, due: float) -> None:
        number = next(self._journeys)
        person = self.people[number % len(self.people)]
        answer = await self._send(person.opening("initiate"), due, 201)
        if answer.status != 201:
            return
        await asyncio.sleep(PAUSE_SECONDS)
        await self._send(asking(answer.body["verification_id"]), time.monotonic(), 200)
        if number % self.rates.journeys_to_a_login == 0:
            await asyncio.sleep(PAUSE_SECONDS)
            presenting = person.presenting("login", answer.body["verification_id"], answer.body["factors"], "right")
            await self._send(presenting, time.monotonic(), 200)

    async def _send(self, request: Request, due: float, expected: int) -> Answer:
        answer = await self._ask(request)
        seconds = time.monotonic() - due
        self.samples.append(Sample(request.kind, due, seconds, answer.status, answer.status == expected))
        return answer

    async def _hammer(self, person: Person, _due: float) -> None:
        await self._ask(person.opening("hammer"))

    async def _guess(self, _due: float) -> None:
        person = self.victims[next(self._guessed) % VICTIMS]
        answer = await self._ask(person.opening("open"))
        if answer.status == 201:
            identity, asked = answer.body["verification_id"], answer.body["factors"]
            await asyncio.gather(*(self._ask(person.presenting("guess", identity, asked, f"{guess}")) for guess in range(GUESSES)))

    async def _ask(self, request: Request) -> Answer:
        answer = await self._target().send(request)
        if answer.is_undecided and request.kind != "status":
            self.beliefs.undecided.append(request)
        else:
            self._believe(request, answer)
        return answer

    def _believe(self, request: Request, answer: Answer) -> None:
        beliefs = self.beliefs
        verification = request.path.split("/")[3] if request.path.endswith("/attempts") else ""
        if request.kind in ("initiate", "hammer", "open") and answer.status == 201:
            beliefs.opened[answer.body["verification_id"]] = request.user
        elif request.kind == "login" and answer.status == 200:
            beliefs.sessions[verification] = answer.body["session_id"], answer.body["access_token"]
        elif verification and answer.problem == "authentication-failed":
            beliefs.wrong[verification] += 1
        elif verification and answer.status == 404:
            beliefs.gone.add(verification)
        elif request.kind in ("initiate", "login"):
            beliefs.refused.append(f"{request.kind} {request.path}: {answer.status} {answer.problem}")

    def _target(self) -> Target:
        return self.targets[next(self._sent) % len(self.targets)]

    async def finish(self) -> None:
        """Waits for what is on its way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def settle(self) -> list[Request]:
        """Sends what was not decided again, as merchants do, until it is; gives what never was."""
        end = time.monotonic() + SETTLE_SECONDS
        while self.beliefs.undecided and time.monotonic() < end:
            again, self.beliefs.undecided = self.beliefs.undecided, []
            await at_once(self._ask, again)
            if self.beliefs.undecided:
                await asyncio.sleep(1)
        return self.beliefs.undecided

    async def contradictions(self) -> list[str]:
        """What the service says now that it should not say after what it said before."""
        found: list[str] = []

        async def opened(verification: str) -> None:
            answer = await self._told(asking(verification))
            expected = "verified" if verification in self.beliefs.sessions else "open"
            if answer.status == 404:
                self.beliefs.gone.add(verification)
            elif verification in self.beliefs.wrong:
                return
            elif answer.body.get("status") != expected:
                found.append(f"{verification} is not {expected}: {answer}")

        async def session(verification: str) -> None:
            identity, token = self.beliefs.sessions[verification]
            answer = await self._told(introspecting(token))
            if answer.body.get("active") is not True or answer.body.get("sid", identity) != identity:
                found.append(f"the session of {verification}: {answer}")

        await at_once(opened, list(self.beliefs.opened))
        await at_once(session, list(self.beliefs.sessions))
        return found

    async def _told(self, request: Request) -> Answer:
        """The answer that decides it, of a few: where nothing is at fault, a busy machine may be too slow for a deadline once."""
        for _ in range(5):
            answer = await self._target().send(request)
            if not answer.is_undecided:
                break
            await asyncio.sleep(1)
        return answer


async def at_once(call: Callable, arguments: list) -> None:
    """Calls with each of the arguments, a few at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(argument: object) -> None:
        async with places:
            await call(argument)

    await asyncio.gather(*map(one, arguments))
