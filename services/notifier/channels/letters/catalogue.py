"""The letter templates that ship with the product: one TOML file each."""

import tomllib
from functools import cache
from pathlib import Path

from services.notifier.domain.letters import LetterTemplate

TEMPLATE_DIRECTORY = Path(__file__).parents[2] / "templates" / "letters"


class LetterTemplateUnknown(Exception):
    """There is no letter template {key}."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no letter template {key}.")


def letter_template(key: str) -> LetterTemplate:
    """Return one shipped template.

    Raises:
        LetterTemplateUnknown: no file of that name ships.
    """
    template = letter_templates().get(key)
    if template is None:
        raise LetterTemplateUnknown(key)
    return template


@cache
def letter_templates() -> dict[str, LetterTemplate]:
    """Return every shipped template by its key."""
    files = sorted(TEMPLATE_DIRECTORY.glob("*.toml"))
    loaded = (_loaded(file) for file in files)
    return {template.key: template for template in loaded}


def _loaded(file: Path) -> LetterTemplate:
    # TOML has arrays, the model has tuples: only the lax reading turns one into the other.
    return LetterTemplate.model_validate(
        tomllib.loads(file.read_text(encoding="utf-8")), strict=False
    )
