"""What the README says is so: tables, names of files and functions, commands, links."""

import ast
import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from kundentakt.cli.main import app
from kundentakt.reference import documents as documentation
from kundentakt.reference.documents import TABLES, tables_in, with_tables
from kundentakt.servers.embedded import SERVICES
from shared.contracts.changes.examples import EXAMPLES
from tests.documents import DOCUMENTS, ROOT, text_of

_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<heading>[^)\s]+))?\)")
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("kundentakt", "services", "shared", "bench")
    for path in (ROOT / folder).rglob("*.py")
)
_CALL = re.compile(r"`((?:GET|PUT|POST|DELETE) /[^`? ]+)")
_PLACE = re.compile(r"`(?P<path>[\w/]+\.py)(?:: (?P<name>\w+))?`")


@pytest.mark.parametrize("document", documentation.DOCUMENTS)
def test_the_tables_are_those_of_the_code(document: str) -> None:
    text = text_of(document)
    assert with_tables(text) == text, "python -m kundentakt.reference writes them anew"


def test_every_table_is_shown() -> None:
    shown = [
        table for document in documentation.DOCUMENTS for table in tables_in(text_of(document))
    ]
    assert sorted(shown) == sorted(TABLES)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    broken = []
    for match in _LINK.finditer(text_of(document)):
        target = (ROOT / document).parent / match["path"] if match["path"] else ROOT / document
        if not target.exists() or (match["heading"] and match["heading"] not in anchors(target)):
            broken.append(match.group())
    assert broken == []


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as they are shown on the web."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_and_functions_named_exist(document: str) -> None:
    for match in _PLACE.finditer(text_of(document)):
        file = ROOT / match["path"]
        assert file.is_file(), match.group()
        if match["name"]:
            assert match["name"] in defined_in(file), match.group()


@pytest.mark.parametrize("decision", DECISIONS, ids=[path.name for path in DECISIONS])
def test_what_a_decision_names_exists_under_the_end_of_its_path(decision: Path) -> None:
    for match in _PLACE.finditer(decision.read_text(encoding="utf-8")):
        files = [file for file in MODULES if f"/{file}".endswith(f"/{match['path']}")]
        assert files, match.group()
        if match["name"]:
            assert any(match["name"] in defined_in(ROOT / file) for file in files), match.group()


def defined_in(file: Path) -> set[str]:
    """Functions, classes and constants of a module."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    constants = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    return constants | {node.name for node in nodes if isinstance(node, definitions)}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_calls_named_exist(document: str) -> None:
    known = [
        re.compile(
            method.upper() + " " + re.sub(r"\{[^}]*\}", "[^/]+", path).replace("/v1", "(/v1)?")
        )
        for service in SERVICES
        for path, methods in json.loads(text_of(f"openapi/{service}.json"))["paths"].items()
        for method in methods
    ]
    told = _CALL.findall(text_of(document))
    assert [call for call in told if not any(each.fullmatch(call) for each in known)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_kinds_of_the_integrators_table_are_those_the_service_publishes(service: str) -> None:
    (row,) = re.findall(
        rf"^\| {service} \| (`[a-z_]+\.[a-z_]+`.*)$", text_of("docs/integrator.md"), re.M
    )
    sources = (ROOT / "services" / service).rglob("*.py")
    named = set(re.findall(r"\b[A-Z]\w+", "".join(path.read_text() for path in sources)))
    models = {type(example).__name__: example.KIND for example in EXAMPLES[service]}
    published = [kind for name, kind in models.items() if name in named]
    assert published == re.findall(r"`([a-z_.]+)`", row)


def test_one_request_is_followed_through_at_least_four_files() -> None:
    section = text_of("docs/contributing.md").split("## One request, followed")[1].split("\n## ")[0]
    assert len({match["path"] for match in _PLACE.finditer(section)}) >= 4


def test_the_command_line_is_told_in_full() -> None:
    commands = get_command(app)
    told = set(re.findall(r"^\| `kundentakt ([a-z]+)", text_of("docs/reference.md"), re.M))
    assert told == set(commands.commands)  # type: ignore[attr-defined]  # a Group, said as Command


@pytest.mark.parametrize("document", DOCUMENTS)
def test_options_of_commands_exist(document: str) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a Group, said as Command
    # Backslash and line end: the command goes on.
    text = text_of(document).replace("\\\n", " ")
    for command, rest in re.findall(r"\bkundentakt ([a-z]+)((?: +[^`|\n)]*)?)", text):
        if command not in commands:
            continue
        known = {option for parameter in commands[command].params for option in parameter.opts}
        used = set(re.findall(r"(?<=\s)--[a-z-]+", rest))
        assert used <= known, f"{command} {used - known}"


def test_the_make_targets_named_exist() -> None:
    makefile = text_of("Makefile")
    for document in DOCUMENTS:
        for target in re.findall(r"(?:`|^)make ([a-z]+)", text_of(document), re.M):
            assert re.search(rf"^{target}:", makefile, re.M), f"{document}: make {target}"
