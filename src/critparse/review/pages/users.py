"""Accounts, for admins."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from critparse.errors import AccountError
from critparse.review.accounts import ROLES, Principal, Role
from critparse.review.http.security import Admin
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import page, redirect
from critparse.review.services import Served

routes = APIRouter(include_in_schema=False)
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9._@-]{1,80}$")]


@routes.get("/users")
async def users(request: Request, served: Served, who: Reader) -> Response:
    """Every account."""
    if who.role != "admin":
        raise HTTPException(403, "only an admin may do this")
    return await _page(request, served, who)


@routes.post("/users")
async def add(
    request: Request,
    served: Served,
    who: Admin,
    name: Annotated[str, Form(max_length=80)],
    role: Annotated[Role, Form()],
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    """A new account."""
    try:
        account = await to_thread.run_sync(served.accounts.add, name, role, password)
    except AccountError as error:
        return await _page(request, served, who, wrong=str(error), given={"name": name, "role": role})
    return redirect("/users", f"{account.name} can sign in now.")


@routes.post("/users/{name}")
async def change(
    request: Request,
    served: Served,
    who: Admin,
    name: Name,
    do: Annotated[str, Form(max_length=20)],
    role: Annotated[Role | None, Form()] = None,
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Another role or password; close an account or open it again."""
    active = {"close": False, "open": True}.get(do)
    new = password if do == "password" else None
    try:
        await to_thread.run_sync(
            lambda: served.accounts.change(name, role=role if do == "role" else None, active=active, password=new)
        )
    except AccountError as error:
        return await _page(request, served, who, wrong=str(error))
    said = {
        "role": f"{name} is {role} now." if role else "",
        "password": f"{name} has a new password, and is signed out everywhere.",
        "close": f"The account of {name} is closed.",
        "open": f"The account of {name} is open.",
    }
    return redirect("/users", said.get(do) or "Nothing was changed.")


async def _page(
    request: Request, served: Served, who: Principal, wrong: str = "", given: dict[str, str] | None = None
) -> Response:
    accounts = await to_thread.run_sync(served.accounts.all)
    return page(
        "users.html",
        who,
        422 if wrong else 200,
        request=request,
        accounts=accounts,
        roles=ROLES,
        wrong=wrong,
        given=given or {},
    )
