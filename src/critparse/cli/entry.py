"""The program: its commands, and the boundary where every error becomes one line and an exit code.

0: done; 1: ``check`` found something at or above ``--fail-on``; 2: bad usage or unreadable input; 130: interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
import typer.main

from critparse._version import __version__
from critparse.cli import batch, check, concepts, evaluate, export, import_, match, parse, serve, train, users, vocab
from critparse.cli.messages import DEBUG, complain, complain_of_defect, show_traceback
from critparse.errors import CritparseError

BAD_INPUT = 2
INTERRUPTED = 130
_EPILOG = f"Set {DEBUG}=1 (or give --debug before the command) to see the traceback of an error."

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, epilog=_EPILOG)
app.command("parse", epilog=parse.EPILOG)(parse.parse)
app.command("check", epilog=check.EPILOG)(check.check)
app.command("export", epilog=export.EPILOG)(export.export)
app.command("batch", epilog=batch.EPILOG)(batch.batch)
app.command("concepts", epilog=concepts.EPILOG)(concepts.concepts)
app.command("match", epilog=match.EPILOG)(match.match)
app.command("serve", epilog=serve.EPILOG)(serve.serve)
app.command("train", epilog=train.EPILOG)(train.train)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(import_.app, name="import")
app.add_typer(users.app, name="users")
app.add_typer(vocab.app, name="vocab")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Turn eligibility criteria of clinical trials into structured rules; show where records contradict themselves."""
    if debug:
        os.environ[DEBUG] = "1"
    if version:
        typer.echo(f"critparse {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program with the arguments (of the process, when none are given) and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")  # what programs read from a pipe does not depend on the locale
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show "≥" still gets the rest
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    """Run, and turn whatever goes wrong into one line and an exit code."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("critparse", list(arguments)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # whoever reads our output has had enough; the interpreter must not fail when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CritparseError as error:
        complain(str(error))
        show_traceback()
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001  the boundary
        if hasattr(error, "format_message"):  # usage errors know how to put themselves
            where = getattr(getattr(error, "ctx", None), "command_path", "critparse")
            complain(f"{error.format_message()} (see {where} --help)")
        else:
            complain_of_defect("the run", error)
        return BAD_INPUT
    return 0
