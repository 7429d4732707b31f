"""Reads docker-compose.yml as an engine would: anchors, merges, variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Z_]+)(?P<rule>:\?|:-(?P<default>[^}]*))?\}")


class VariableNotSet(Exception):
    """The file wants a variable that is not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One entry under `services:`, with everything substituted."""

    name: str
    image: str
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    health: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    depends_on: dict[str, str] = field(default_factory=dict)
    read_only: bool = False
    restart: str = ""


def wanted_variables() -> dict[str, bool]:
    """Every `${NAME}` of the file, and whether it must be given."""
    found = _VARIABLE.finditer(FILE.read_text(encoding="utf-8"))
    return {match["name"]: match["rule"] == ":?" for match in found if match["name"]}


def containers(given: Mapping[str, str]) -> dict[str, Container]:
    """The file's services by name. Raises VariableNotSet."""
    text = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: _container(name, entry, given) for name, entry in text["services"].items()}


def named_volumes() -> set[str]:
    return set(yaml.safe_load(FILE.read_text(encoding="utf-8"))["volumes"])


def _container(name: str, entry: Mapping[str, Any], given: Mapping[str, str]) -> Container:
    filled = _substituted(entry, given)
    return Container(
        name=name,
        image=filled["image"],
        command=filled.get("command", []),
        environment=filled.get("environment", {}),
        health=filled.get("healthcheck", {}).get("test", []),
        ports=filled.get("ports", []),
        volumes=filled.get("volumes", []),
        depends_on={name: wait["condition"] for name, wait in filled.get("depends_on", {}).items()},
        read_only=filled.get("read_only", False),
        restart=filled.get("restart", ""),
    )


def _substituted(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _substituted(part, given) for key, part in value.items()}
    if isinstance(value, list):
        return [_substituted(part, given) for part in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "$"
        found = given.get(match["name"]) or match["default"]
        if not found:
            raise VariableNotSet(match["name"])
        return found

    return _VARIABLE.sub(fill, value)
