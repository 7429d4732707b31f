"""docs/problems.md explains every problem that the services can answer with, and no other."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import httpx
import pytest

import services
import shared
from kundentakt.cli.openapi import application
from shared.contracts.problems import PROBLEM_BASE
from shared.web.problems import ProblemType
from tests.documents import ROOT

TEXT = (ROOT / "docs/problems.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"^### (?P<slug>\S+)\n\n(?P<status>\d{3})\. (?P<text>.+)$", re.M)
SECTIONS = {match["slug"]: match for match in _SECTION.finditer(TEXT)}


def problem_types() -> dict[str, ProblemType]:
    """Every problem type that a module of kernel or services holds, by its slug."""
    found: dict[str, ProblemType] = {}
    for package in (shared, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(module.name)).values():
                for problem in _held(value):
                    assert found.setdefault(problem.slug, problem) == problem, (
                        f"{problem.slug} means two things"
                    )
    return found


def _held(value: object) -> Iterator[ProblemType]:
    if isinstance(value, ProblemType):
        yield value
    elif isinstance(value, dict):
        yield from (held for held in value.values() if isinstance(held, ProblemType))
    elif isinstance(value, tuple | list):
        yield from (held for held in value if isinstance(held, ProblemType))


async def test_every_problem_has_its_section_and_every_section_its_problem() -> None:
    known = {slug: problem.status for slug, problem in problem_types().items()}
    explained = {slug: int(match["status"]) for slug, match in SECTIONS.items()}
    assert explained == known | await answered_by_the_framework()


async def answered_by_the_framework() -> dict[str, int]:
    """What is refused before any route of ours is reached."""
    transport = httpx.ASGITransport(app=application("classifier"))
    async with httpx.AsyncClient(transport=transport, base_url="http://classifier") as client:
        answer = await client.post("/livez")
    return {answer.json()["type"].removeprefix(PROBLEM_BASE): answer.status_code}


def test_a_heading_stands_once_and_has_a_text() -> None:
    headings = re.findall(r"^### (\S+)$", TEXT, re.M)
    assert sorted(headings) == sorted(SECTIONS)


@pytest.mark.parametrize("slug", sorted(problem_types()))
def test_a_slug_can_stand_in_an_address(slug: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
