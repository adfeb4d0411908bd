"""What time does to versions."""

from chalicelib.jobs.timers import Firing
from modules.service_analysis.versions import service


def expire(firing: Firing) -> None:
    """Take a text out of the public whose time is over."""
    service.expire(firing)
