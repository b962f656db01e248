"""The command `meguri`: which verbs it has."""

import typer

from cli.alive import alive
from cli.check_proof import check_proof
from cli.demo import demo
from cli.export import export
from cli.import_region import import_region
from cli.insights import insights
from cli.invite import invite
from cli.keys import keys
from cli.migrate import migrate
from cli.new_id import new_id
from cli.openapi import openapi
from cli.outbox import outbox
from cli.replay import replay
from cli.revoke import revoke
from cli.sales import sales
from cli.seals import seals
from cli.serve import serve
from cli.simulate import simulate
from cli.status import status
from cli.stop import stop
from cli.token import token
from cli.torture import torture
from cli.verify import verify
from cli.worker import worker
from core.garbage import collect_rarely

collect_rarely()  # what a verb imports stays: looking through it took a sixth of the time to start

app = typer.Typer(
    name="meguri",
    help="Meguri (巡り): a regional currency. Settings are environment variables named MEGURI_*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

for verb in (
    serve, worker, alive, migrate, verify, replay, sales, keys, token, invite, revoke, demo,
    openapi, status, stop, outbox, torture,
):  # fmt: skip
    app.command()(verb)
app.command()(simulate)
app.command("id")(new_id)
app.command("check-proof")(check_proof)
app.command()(export)
app.command("import")(import_region)
app.add_typer(seals, name="seals")
app.add_typer(insights, name="insights")

if __name__ == "__main__":
    app()
