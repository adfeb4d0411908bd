"""``switchboard``: the command line over the HTTPS API. SWITCHBOARD_URL says where, SWITCHBOARD_TOKEN who."""

import typer

from switchboard_cli import audit, features, jobs, keys, modules, tenants, usage

app = typer.Typer(
    name="switchboard",
    help="Switchboard over its HTTPS API. SWITCHBOARD_URL names the server, SWITCHBOARD_TOKEN an API key or token.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they hold the credential
)
app.add_typer(tenants.app, name="tenants")
app.add_typer(modules.app, name="modules")
app.add_typer(features.app, name="features")
app.add_typer(keys.app, name="keys")
app.add_typer(usage.app, name="usage")
app.add_typer(audit.app, name="audit")
app.add_typer(jobs.app, name="jobs")

if __name__ == "__main__":
    app()
