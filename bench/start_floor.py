"""The floor of ``bench.start``: the smallest FastAPI app that answers."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    """Answers as soon as the process can."""
    return {"status": "ready"}
