"""A shop whose checkout is behind a flag.

Start the control plane with ``make run`` at the root, then, with the token that it shows:

    GONFALON_TOKEN=gfn_admin_… make -C hostsdk/python example

    curl 'localhost:8000/checkout?user=user:3&group=staff'
    curl 'localhost:8000/flags?user=user:3'
    curl 'localhost:8000/why/new_checkout?user=user:3'
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Query, Request

from gonfalon import AsyncGonfalon, Context, Flags

ENDPOINT = os.environ.get("GONFALON_ENDPOINT", "http://127.0.0.1:8080")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the whole app. The last good flags are kept, for starts while the server is down."""
    async with AsyncGonfalon(ENDPOINT, last_good=os.environ.get("GONFALON_LAST_GOOD")) as flags:
        app.state.flags = flags
        yield


app = FastAPI(title="A shop with flags", lifespan=lifespan)


def who(user: str, group: list[str], plan: str | None) -> Context:
    return Context(user, groups=group, attributes={"plan": plan} if plan else None)


@app.get("/checkout")
async def checkout(
    request: Request, user: str = "user:3", group: list[str] = Query(default=[]), plan: str | None = None
) -> dict[str, Any]:
    """Which checkout this user gets. The decision is made here, in memory."""
    flags: Flags = request.app.state.flags
    new = flags.enabled("new_checkout", who(user, group, plan))
    return {"user": user, "checkout": "new" if new else "old", "state": flags.state}


@app.get("/flags")
async def all_flags(
    request: Request, user: str = "user:3", group: list[str] = Query(default=[]), plan: str | None = None
) -> dict[str, Any]:
    """Every flag for this user, in one call."""
    flags: Flags = request.app.state.flags
    decisions = flags.decide_all(who(user, group, plan))
    return {d.key: {"enabled": d.enabled, "variant": d.variant, "reason": d.reason} for d in decisions}


@app.get("/why/{key}")
async def why(
    request: Request, key: str, user: str = "user:3", group: list[str] = Query(default=[]), plan: str | None = None
) -> dict[str, Any]:
    """Why a flag is what it is for this user."""
    flags: Flags = request.app.state.flags
    return {"why": str(flags.explain(key, who(user, group, plan))).splitlines()}


@app.get("/healthz")
async def healthy(request: Request) -> dict[str, Any]:
    """Flags that are stale, or not there yet, are no reason to be unhealthy: everything has a default."""
    flags: Flags = request.app.state.flags
    stats = flags.stats
    return {"flags": stats.state, "error": stats.last_error, "age": stats.age}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), log_level="info")
