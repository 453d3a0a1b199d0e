"""A chat that answers word by word, as a model would: run under Lambda Web Adapter by run.sh."""

import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

WORDS = ["A", "cold", "start", "is", "over", "when", "the", "first", "word", "arrives"]
PAUSE_S = 0.05

app = FastAPI()


@app.get("/")
def ready():
    return {"ready": True}


@app.get("/chat")
async def chat():
    return StreamingResponse(words(), media_type="text/plain")


async def words():
    for word in WORDS:
        yield f"{word} "
        await asyncio.sleep(PAUSE_S)
