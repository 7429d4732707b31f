"""The catalogues an agency starts with, as data: one for each model of classification."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from shared.contracts.catalogues import Catalogue, Segment
from shared.contracts.policies import Model

_FILES: Final[dict[Model, str]] = {
    "revenue_potential": "four_classes.toml",
    "revenue_effort": "three_classes.toml",
}


@cache
def starting_catalogue(model: Model) -> Catalogue:
    """The starting catalogue of a model; the same value for every caller, so do not change it."""
    text = files(__package__).joinpath(_FILES[model]).read_text(encoding="utf-8")
    return Catalogue.model_validate(tomllib.loads(text))


def model_of(catalogue: Catalogue) -> Model:
    """The model whose classes a catalogue serves: class O exists with four classes alone."""
    has_o = any("O" in service.segments for service in catalogue.services)
    return "revenue_potential" if has_o else "revenue_effort"


def classes_of(catalogue: Catalogue) -> tuple[Segment, ...]:
    """The classes of the model that a catalogue serves."""
    return ("A", "B", "O", "C") if model_of(catalogue) == "revenue_potential" else ("A", "B", "C")
