"""The table of settings, from the settings classes of the services."""

import importlib
import inspect
from dataclasses import dataclass

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from kundentakt.reference.table import Rows
from kundentakt.servers.embedded import ADMIN_VARIABLE, SERVICES
from shared.settings import ServiceSettings

_NOT_SET = "not set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of the environment; it is required if `default` is None."""

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


def settings_table() -> Rows:
    """Every variable, who reads it, what it means, and its default."""
    readers: dict[str, list[str]] = {}
    found: dict[str, Variable] = {}
    for service in SERVICES:
        for variable in variables(settings_class(service)):
            readers.setdefault(variable.name, []).append(service)
            found.setdefault(variable.name, variable)
    # Variables that all services read come first; the others are grouped by name.
    names = sorted(found, key=lambda name: (-len(readers[name]), readers[name]))
    return [
        ("variable", "read by", "meaning", "default"),
        *(_row(found[name], readers[name]) for name in names),
        *_rows_of_the_migration(),
    ]


def _row(variable: Variable, readers: list[str]) -> tuple[str, ...]:
    who = "all" if len(readers) == len(SERVICES) else ", ".join(readers)
    default = "**required**" if variable.default is None else f"`{variable.default}`"
    if variable.default == _NOT_SET:
        default = _NOT_SET
    return f"`{variable.name}`", who, variable.meaning, default


def _rows_of_the_migration() -> Rows:
    who = "`kundentakt migrate`"
    owner = "the owner role's URL, which migrates"
    admin = "a role that may create databases and roles; without it these must exist"
    return [
        *((f"`{name.upper()}_OWNER_DATABASE_URL`", who, owner, "**required**")
          for name in SERVICES),
        (f"`{ADMIN_VARIABLE}`", who, admin, _NOT_SET),
    ]  # fmt: skip


def _variable_name(name: str, field: FieldInfo, prefix: str) -> str:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return alias if isinstance(alias, str) else prefix + name.upper()


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True)
    return _NOT_SET if value is None or value == "" else str(value)
