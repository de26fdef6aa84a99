"""The command `barnabus`: nouns and verbs. Each loads its own room alone: no gateway waits for what draws tables."""

import gc
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any

import typer
from typer.core import TyperGroup

ROOMS: Mapping[str, str] = MappingProxyType(
    {
        "up": "up",
        "gateway": "run",
        "adapter": "adapter",
        "systems": "systems",
        "keeper": "keeper",
        "provision": "run",
        "doctor": "doctor",
        "recover": "recover",
        "keys": "keys",
        "submit": "submit",
        "demo": "demo",
        "simulate": "simulate",
        "sandbox": "sandbox.commands",
        "conformance": "conformance.commands",
        "inbox": "inbox",
        "parked": "parked",
        "access": "access",
        "erase": "erase",
        "erasures": "erasures",
        "retention": "retention",
        "case": "case",
        "cases": "cases",
        "content": "content",
        "reconcile": "reconcile",
        "projections": "projections",
        "handoffs": "handoffs",
        "duties": "duties",
        "alarms": "alarms",
        "figures": "figures",
        "console": "console",
        "contracts": "contracts",
    }
)
"""By word, the module in this folder: one with an `app` has verbs of its own, any other a function of that name."""


class _OnDemand(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(ROOMS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in ROOMS and cmd_name not in self.commands:
            self.commands[cmd_name] = _loaded(cmd_name)
        return super().get_command(ctx, cmd_name)


@cache
def _room(name: str) -> ModuleType:
    gc.disable()  # what is imported stays: for a collector to look through it takes as long as an answer may
    module = import_module(f"cli.{name}")
    gc.enable()
    gc.freeze()
    return module


def _loaded(word: str) -> Any:
    module, around = _room(ROOMS[word]), typer.Typer()
    around.callback()(lambda: None)  # else one command alone is taken for the whole
    if hasattr(module, "app"):
        around.add_typer(module.app, name=word)
    else:
        around.command(word)(getattr(module, word))
    return typer.main.get_group(around).commands[word]


app = typer.Typer(
    cls=_OnDemand,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _barnabus() -> None:
    """Barnabus carries case events between the agencies that owe a child protection."""
