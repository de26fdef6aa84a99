"""The example programs of `examples/integrators`: a referral by systems that know NATS, the contract and no more."""

import ast
import asyncio
import contextlib
import os
import re
import signal
import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bus.settings import Settings
from tests.builders import POLICE, SOCIAL
from tests.docs.pages import ROOT, blocks
from tests.living import Living, eventually
from tests.node_projects import INSTALL_WITHIN_S, installed

VERSION = "1.0"
INTEGRATORS = ROOT / "examples" / "integrators"
PAGE = ROOT / "docs" / "integrate.md"
pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + 60)


def in_node(program: str) -> tuple[str, ...]:
    return "node", str(installed(INTEGRATORS / "node") / f"{program}.mjs")


def in_python(program: str) -> tuple[str, ...]:
    return sys.executable, str(INTEGRATORS / "python" / f"{program}.py")


InLanguage = Callable[[str], tuple[str, ...]]
LANGUAGES = pytest.mark.parametrize("language", [in_node, in_python], ids=["node", "python"])


@dataclass(slots=True)
class Program:
    """One of the programs at work: what it has printed so far, and what it has remarked on."""

    process: asyncio.subprocess.Process
    printed: str = ""
    remarked: str = ""

    async def read(self) -> None:
        async def on(stream: asyncio.StreamReader | None, name: str) -> None:
            assert stream
            async for line in stream:
                setattr(self, name, getattr(self, name) + line.decode())

        await asyncio.gather(on(self.process.stdout, "printed"), on(self.process.stderr, "remarked"))

    async def prints(self, words: str) -> None:
        await eventually(lambda: words in self.printed)

    async def remarks(self, words: str) -> None:
        await eventually(lambda: words in self.remarked)


@contextlib.asynccontextmanager
async def running(settings: Settings, *words: str) -> AsyncIterator[Program]:
    environment = {name: value for name, value in os.environ.items() if name != "BARNABUS_NATS_URL"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *words, env=environment | {"BARNABUS_HOME": str(settings.home)}, stdout=pipe, stderr=pipe
    )
    program = Program(process)
    reading = asyncio.create_task(program.read())
    try:
        yield program
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def ended(program: Program) -> int:
    async with asyncio.timeout(20):
        return await program.process.wait()


def shown(printed: str) -> str:
    """What was printed, without what differs each time."""
    return re.sub(r"\b\w{4}(-\w{4}){3}\b", "CASE", re.sub(r"position \d+", "position N", printed))


def declared_to_be_sent(command: str) -> set[str]:
    declared = tomllib.loads((ROOT / "contracts" / "consumers" / "example-police.toml").read_text())
    return set(declared["sends"][command]["fields"])


def paths(content: dict[str, Any], within: str = "") -> Iterator[str]:
    """Of all that is said in it."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from paths(value, f"{within}{name}.")
        elif value is not None:
            yield within + name


async def types_logged(home: Living) -> list[str]:
    return [entry.record.type for entry in await home.log() if not entry.record.subject.startswith("link.")]


@LANGUAGES
async def test_a_referral_is_made_heard_and_accepted_by_programs_of_their_own(
    home: Living, language: InLanguage
) -> None:
    """Through a server that goes away, and an adapter that is not there yet; all else: test_conformance.py."""
    police_words, social_words = language("police"), language("social")
    async with running(home.settings, *social_words) as social:
        await social.prints("listening")
        home.server.stop()
        home.server.start()
        await social.remarks("the server is back")
        await home.start_gateway()
        await home.start_adapter(SOCIAL)
        witness = await home.system(SOCIAL)
        async with running(home.settings, *police_words) as police:
            await police.remarks("no answer, so the same command goes again")
            await home.start_adapter(POLICE)
            assert await ended(police) == 0, police.remarked
        acts = ["referral.made", "referral.acknowledged", "referral.accepted"]
        assert await types_logged(home) == acts
        (told,) = witness.told
        assert told["version"] == VERSION
        assert declared_to_be_sent("referral.make") <= {*paths(told["content"])}
        social.process.send_signal(signal.SIGTERM)
        assert await ended(social) == 0, social.remarked
    on_the_page = [shown(block) for block in blocks(PAGE, "text")]
    assert on_the_page == [shown(police.printed), shown(social.printed)]


@LANGUAGES
async def test_a_refusal_is_said_with_its_code_the_field_and_what_to_do_next(
    home: Living, language: InLanguage
) -> None:
    await home.start_adapter(POLICE)
    wrong = ROOT / "contracts" / "examples" / "referral.made.invalid.json"
    async with running(home.settings, *language("police"), str(wrong)) as police:
        assert await ended(police) == 2
    assert police.printed == ""
    assert police.remarked.startswith("refused: content.never-travels at data.account_of_the_child. ")
    assert "\n  next: Keep it where it is" in police.remarked
    assert await types_logged(home) == []


def test_the_python_programs_take_nothing_of_barnabus_but_its_words() -> None:
    taken = set[str]()
    for path in (INTEGRATORS / "python").glob("*.py"):
        for part in ast.walk(ast.parse(path.read_text())):
            names: list[Any] = [part.module] if isinstance(part, ast.ImportFrom) else []
            names += [alias.name for alias in part.names] if isinstance(part, ast.Import) else []
            taken |= {name.partition(".")[0] for name in names}
    assert taken - set(sys.stdlib_module_names) == {"nats", "barnabus"}, "barnabus.py lies beside them"
