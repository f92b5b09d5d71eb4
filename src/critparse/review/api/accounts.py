"""Signing in, tokens, accounts."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from critparse.errors import AccountError
from critparse.review.accounts import Account, Token
from critparse.review.api.views import (
    AccountChange,
    AccountRequest,
    Me,
    NewToken,
    Number,
    SignIn,
    TokenRequest,
    json_response,
)
from critparse.review.http.security import COOKIE, Admin, Viewer, close_session, open_session, sign_in
from critparse.review.services import Served

routes = APIRouter(tags=["accounts"])
_Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9._@-]{1,80}$")]


@routes.post("/session", response_model=Me)
async def new_session(asked: SignIn, request: Request) -> Response:
    """Sign in: the answer sets a cookie; ``csrf`` goes into the header X-CSRF-Token of whatever changes something."""
    found = await sign_in(request, asked.name, asked.password.get_secret_value())
    response = json_response(Me(name=found.principal.name, role=found.principal.role, csrf=found.principal.csrf))
    open_session(request, response, found)
    return response


@routes.delete("/session", status_code=204)
async def sign_out(request: Request, served: Served, _: Viewer) -> Response:
    """Sign out."""
    if cookie := request.cookies.get(COOKIE):
        await to_thread.run_sync(served.sessions.sign_out, cookie)
    response = Response(status_code=204)
    close_session(response)
    return response


@routes.get("/me", response_model=Me)
async def me(who: Viewer) -> Me:
    """Who asks."""
    return Me(name=who.name, role=who.role, csrf=who.csrf)


@routes.get("/tokens", response_model=list[Token])
async def tokens(served: Served, who: Viewer) -> list[Token]:
    """The asker's tokens, without their secrets."""
    return await to_thread.run_sync(served.tokens.of, _own(who.account))


@routes.post("/tokens", response_model=NewToken, status_code=201)
async def add_token(asked: TokenRequest, served: Served, who: Viewer) -> NewToken:
    """A new token for the asker's programs; its secret is shown this once."""
    _own(who.account)
    token, secret = await to_thread.run_sync(served.tokens.add, who.name, asked.label, asked.days)
    return NewToken(token=token, secret=secret)


@routes.delete("/tokens/{id}", status_code=204)
async def revoke_token(id: Number, served: Served, who: Viewer) -> Response:
    """End a token of the asker's."""
    await to_thread.run_sync(served.tokens.revoke, _own(who.account), id)
    return Response(status_code=204)


@routes.get("/accounts", response_model=list[Account])
async def accounts(served: Served, _: Admin) -> list[Account]:
    """Every account."""
    return await to_thread.run_sync(served.accounts.all)


@routes.post("/accounts", response_model=Account, status_code=201)
async def add_account(asked: AccountRequest, served: Served, _: Admin) -> Account:
    """A new account."""
    password = asked.password.get_secret_value()
    return await to_thread.run_sync(served.accounts.add, asked.name, asked.role, password)


@routes.patch("/accounts/{name}", response_model=Account)
async def change_account(name: _Name, asked: AccountChange, served: Served, _: Admin) -> Account:
    """Change an account's role or password, close it or open it again. The last admin stays."""
    password = asked.password.get_secret_value() if asked.password is not None else None
    return await to_thread.run_sync(
        lambda: served.accounts.change(name, role=asked.role, active=asked.active, password=password)
    )


def _own(account: int | None) -> int:
    if account is None:
        raise AccountError(reason="this server runs without accounts")
    return account
