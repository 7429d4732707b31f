"""Letters: composed words in, a checked print file out."""

from services.notifier.channels.letters.catalogue import (
    LetterTemplateUnknown,
    letter_template,
    letter_templates,
)
from services.notifier.channels.letters.rendering import (
    LetterFailure,
    RenderedLetter,
    RenderedRun,
    render_run,
)

__all__ = [
    "LetterFailure",
    "LetterTemplateUnknown",
    "RenderedLetter",
    "RenderedRun",
    "letter_template",
    "letter_templates",
    "render_run",
]
