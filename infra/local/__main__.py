"""`python -m infra.local`: what `make run` starts once the virtual environment is there."""

import sys


def start() -> int:
    """Run; a missing library is one message too."""
    try:
        from infra.local.runner import main  # noqa: PLC0415 - its libraries may be missing, which is told below
    except ModuleNotFoundError as error:
        message = f"The Python library {error.name} is missing here. Start with `make run`, which installs all."
        sys.stderr.write(f"{message}\n")
        return 1
    return main()


if __name__ == "__main__":
    sys.exit(start())
