"""What a process holds open, as routes ask for it."""

from typing import Annotated

from fastapi import Depends, Request

from shared.resources import Resources


async def _of_request(request: Request) -> Resources:
    # Not a plain function: FastAPI would hand each call to a thread.
    resources: Resources = request.app.state.resources
    return resources


Held = Annotated[Resources, Depends(_of_request)]
