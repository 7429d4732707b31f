"""The tables of the README that the code knows better: settings and endpoints.

    python -m kundentakt.documentation            # writes them anew

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`; a test holds each
against the settings classes and the OpenAPI documents.
"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kundentakt.embedded import ADMIN_VARIABLE, SERVICES
from kundentakt.home import checkout
from kundentakt.openapi import document
from shared.settings import ServiceSettings

_TABLE = re.compile(
    r"(?P<begin><!-- table: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end of table -->)", re.DOTALL
)
_METHODS = ("get", "put", "post", "patch", "delete")


class TableUnknown(Exception):
    """A document asks for a table that nobody makes."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no table {name!r}; known are {', '.join(sorted(TABLES))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of the environment; `default` None: it must be given."""

    name: str
    meaning: str
    default: str | None


def settings_class(service: str) -> type[ServiceSettings]:
    """The settings class of a service, by what its `settings.py` defines."""
    module = importlib.import_module(f"services.{service}.settings")
    (found,) = (
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, ServiceSettings)
        and value.__module__ == module.__name__
    )
    return found


def variables(settings: type[ServiceSettings]) -> list[Variable]:
    """Every variable that a service and its worker read."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    return [
        Variable(
            name=_variable_name(name, field, prefix),
            meaning=field.description or "",
            default=_default(field),
        )
        for name, field in settings.model_fields.items()
    ]


def _variable_name(name: str, field: FieldInfo, prefix: str) -> str:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return alias if isinstance(alias, str) else prefix + name.upper()


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or value == "":
        return "not set"
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


def _settings_table() -> Iterator[str]:
    yield from _row("variable", "read by", "meaning", "default")
    yield from _row("---", "---", "---", "---")
    readers: dict[str, list[str]] = {}
    found: dict[str, Variable] = {}
    for service in SERVICES:
        for variable in variables(settings_class(service)):
            readers.setdefault(variable.name, []).append(service)
            found.setdefault(variable.name, variable)
    # What all read comes first; the rest stays beside its like.
    for name in sorted(found, key=lambda name: (-len(readers[name]), readers[name])):
        who = "all" if len(readers[name]) == len(SERVICES) else ", ".join(readers[name])
        variable = found[name]
        default = "*required*" if variable.default is None else f"`{variable.default}`"
        yield from _row(f"`{name}`", who, variable.meaning, default)
    for service in SERVICES:
        meaning = f"the URL under which the {service}'s tables are migrated"
        name = f"`{service.upper()}_OWNER_DATABASE_URL`"
        yield from _row(name, "`kundentakt migrate`", meaning, "*required*")
    meaning = "a role that may create databases and roles; without it these must exist"
    yield from _row(f"`{ADMIN_VARIABLE}`", "`kundentakt migrate`", meaning, "`not set`")


def _endpoints_table(service: str) -> Iterator[str]:
    yield from _row("method", "path", "what for")
    yield from _row("---", "---", "---")
    paths: dict[str, dict[str, Any]] = document(service)["paths"]
    for path in sorted(paths, key=lambda path: (not path.startswith("/v1"), path)):
        for method in _METHODS:
            if method in paths[path]:
                yield from _row(method.upper(), f"`{path}`", paths[path][method]["summary"])


def _row(*cells: str) -> Iterator[str]:
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "settings": _settings_table,
    **{
        f"endpoints of the {service}": partial(_endpoints_table, service)
        for service in SERVICES
    },
}


def with_tables(text: str) -> str:
    """The document with every table as the code says it. Raises TableUnknown."""

    def table(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in TABLES:
            raise TableUnknown(name)
        return match["begin"] + "\n".join(TABLES[name]()) + "\n" + match["end"]

    return _TABLE.sub(table, text)


def tables_in(text: str) -> Sequence[str]:
    """The names of the tables that a document shows."""
    return [match["name"] for match in _TABLE.finditer(text)]


def readme() -> Path:
    return checkout() / "README.md"


if __name__ == "__main__":
    readme().write_text(with_tables(readme().read_text(encoding="utf-8")), encoding="utf-8")
