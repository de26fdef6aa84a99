"""The command `barnabus`: nouns and verbs."""

import typer

from cli import (
    case,
    cases,
    contracts,
    demo,
    doctor,
    duties,
    figures,
    handoffs,
    inbox,
    parked,
    projections,
    reconcile,
    recover,
    run,
    simulate,
    submit,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Barnabus carries case events between the agencies that owe a child protection.",
)
for command in (
    run.up,
    run.gateway,
    run.adapter,
    run.provision,
    doctor.doctor,
    recover.recover,
    submit.submit,
    demo.demo,
    simulate.simulate,
):
    app.command()(command)
app.add_typer(inbox.app, name="inbox")
app.add_typer(parked.app, name="parked")
app.add_typer(case.app, name="case")
app.add_typer(cases.app, name="cases")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(projections.app, name="projections")
app.add_typer(handoffs.app, name="handoffs")
app.add_typer(duties.app, name="duties")
app.add_typer(figures.app, name="figures")
app.add_typer(contracts.app, name="contracts")
