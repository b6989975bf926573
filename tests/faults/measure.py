"""One fault under load: before, during, after, and what callers find when they look again."""

import asyncio
import dataclasses
import time

from faults import Fault
from figures import Figures, figures
from load import Load
from trail import Trail
from worlds import QUOTA, Programs, World

WARM_UP_SECONDS = 3
BEFORE_SECONDS = 8
DURING_SECONDS = 8
AFTER_SECONDS = 10


@dataclasses.dataclass
class Row:
    fault: Fault
    figures: Figures
    answered: int
    """Openings and successes that callers were told of."""
    gone: int
    """Verifications that went with the cache."""
    admitted: list[int]
    """What the users with few permits got."""
    lost: list[str]
    beyond: list[str]

    @property
    def missed(self) -> list[str]:
        """What was aimed at and not reached."""
        missed = [f"{len(what)} {how}, for example {what[0]}" for how, what in
                  (("lost", self.lost), ("beyond limits", self.beyond)) if what]
        return missed + ([f"not as before within {AFTER_SECONDS} s"] if self.figures.recovery is None else [])


async def measured(fault: Fault, programs: Programs) -> Row:
    with fault.world(programs) as world:
        load = Load(world.targets, fault.rates)
        await load.enrol()
        seen = await under_load(fault, world, load)
        undecided = await load.settle()
        contradictions = await load.contradictions()
        log = await asyncio.to_thread(world.trail)
        return judged(fault, load, seen, [f"{it.kind} never decided" for it in undecided] + contradictions, log)


async def under_load(fault: Fault, world: World, load: Load) -> Figures:
    await load.run(WARM_UP_SECONDS, [0])
    before = await load.run(BEFORE_SECONDS, [0])
    _, during = await asyncio.gather(asyncio.to_thread(world.begin), load.run(DURING_SECONDS, [0, 1]))
    ended = asyncio.create_task(asyncio.to_thread(at_end, world))
    _, end = await load.run(AFTER_SECONDS, [0, 1])
    over = during[0] if fault.is_momentary else await ended
    await load.finish()
    return figures(load.samples, before, during, (over, end))


def at_end(world: World) -> float:
    """Ends the fault, and says when."""
    world.end()
    return time.monotonic()


def judged(fault: Fault, load: Load, seen: Figures, lost: list[str], log: Trail) -> Row:
    beliefs = load.beliefs
    if not fault.loses_the_cache:
        lost += [f"verification {it} is gone" for it in beliefs.gone]
    lost += [it for it in beliefs.refused if it.split()[-1] not in fault.excused]
    lost += log.missing(beliefs)
    admitted = [beliefs.of(person.id) for person in load.hammered]
    beyond = [f"{count} of {QUOTA} permits were given" for count in admitted if count > QUOTA * fault.quotas]
    beyond += log.beyond(beliefs, [victim.id for victim in load.victims])
    answered = len(beliefs.opened) + len(beliefs.sessions)
    return Row(fault, seen, answered, len(beliefs.gone), admitted, lost, beyond)
