"""Options that verbs of the command line share, and how they speak on stderr."""

from __future__ import annotations

from typing import Annotated

import typer

from costmodel.printing import Form

FormOption = Annotated[Form, typer.Option("--format", help="How results are printed on stdout.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="No messages and no progress on stderr; errors still show.")
]
Unconverged = Annotated[
    bool,
    typer.Option(
        "--allow-unconverged", help="Go on with a fit that fails the convergence gate; every output says so."
    ),
]


def say(message: str, *, quiet: bool) -> None:
    """Print a message on stderr, unless asked to be quiet."""
    if not quiet:
        typer.echo(message, err=True)
