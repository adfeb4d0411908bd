"""Builds the Chalice app from the units named in the settings (default: all); nothing else."""

from tenants.main import build_application

application = build_application()
app = application.chalice
units = application.units


def handler(event, context):
    """The one entry of the Lambda functions and of the local gateway."""
    return application(event, context)
