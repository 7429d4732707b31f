"""Letters: composed words in, a checked print file out."""

from services.notifier.channels.letters.rendering import (
    LetterFailure,
    RenderedLetter,
    RenderedRun,
    RenderingStopped,
    render_run,
)

__all__ = [
    "LetterFailure",
    "RenderedLetter",
    "RenderedRun",
    "RenderingStopped",
    "render_run",
]
