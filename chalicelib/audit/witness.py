"""Notices who comes and who is refused, and has it noted for the tenant's audit, bounded whatever callers do.

What can't be noted is logged and does not fail the request: a look at data is another matter (Call.note).
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools import Logger

from chalicelib.access.api_keys import parse
from chalicelib.access.errors import CredentialError
from chalicelib.access.gate import KEY_PREFIX, Gate
from chalicelib.access.principal import Principal, PrincipalKind
from chalicelib.audit.flood import Flood
from chalicelib.background import causes_of
from chalicelib.modules import CORE
from chalicelib.problems import Problem, TooManyAttempts, Unauthenticated
from chalicelib.store.capacity import current_meter
from chalicelib.store.errors import StoreError
from chalicelib.store.keys import PLATFORM
from chalicelib.store.store import Store
from chalicelib.web.request import Request

# Tokens whose sign-in this process knows to be noted, 16 bytes each.
REMEMBERED: Final = 10_000
_OWN_ID: Final = re.compile(r"[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}")
_NOBODY: Final = "anonymous"


@dataclass(slots=True)
class Witness:
    """One process's eyes; safe under threads."""

    gate: Gate
    log: Logger
    _flood: Flood = field(default_factory=Flood)
    _noted: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def came(self, principal: Principal, request: Request) -> None:
        """Note a person's sign-in with the first request of an access token; nothing is written for a known one."""
        if principal.kind is not PrincipalKind.USER:
            return
        token = request.headers.get("authorization", "").partition(" ")[2].strip()
        digest = hashlib.blake2b(token.encode(), digest_size=16).digest()
        with self._lock:
            if digest in self._noted:
                self._noted.move_to_end(digest)
                return
        from chalicelib.audit.notes import write_sign_in  # noqa: PLC0415 - once for each token

        try:
            write_sign_in(self._store(principal.tenant_id, principal.id, request), token)
        except StoreError as error:
            self._failed("audit.sign_in_not_noted", error)
            return
        with self._lock:
            self._noted[digest] = None
            while len(self._noted) > REMEMBERED:
                self._noted.popitem(last=False)

    def refused(self, problem: Problem, request: Request, operation: str) -> None:
        """Note a denial (403) of somebody known, and a key of a known tenant that is none (401)."""
        if isinstance(problem, Unauthenticated | TooManyAttempts):
            self._bad_credential(problem, request, operation)
            return
        meter = current_meter()
        if problem.status != HTTPStatus.FORBIDDEN or not meter.tenant or meter.tenant == PLATFORM:
            return
        from chalicelib.audit.notes import DENIED  # noqa: PLC0415 - refusals are seldom

        ours = [value for name, value in request.path_values.items() if name != "link"]
        record = next((each for each in reversed(ours) if _OWN_ID.fullmatch(each)), "")
        detail = {"code": problem.code, "operation": operation}
        if "permission" in problem.extra:
            detail["permission"] = str(problem.extra["permission"])
        self._note(self._store(meter.tenant, meter.actor, request), DENIED, record, detail)

    def _bad_credential(self, problem: Problem, request: Request, operation: str) -> None:
        token = request.headers.get("authorization", "").partition(" ")[2].strip()
        if not token:
            return
        tenant = ""
        if token.startswith(KEY_PREFIX):
            try:
                tenant = parse(token).tenant_id
            except CredentialError:
                tenant = ""
        cause = problem.__cause__
        reason = str(cause.reason_code) if isinstance(cause, CredentialError) else problem.code
        told = {"request_id": request.request_id, "tenant": tenant, "reason": reason}
        self.log.warning("authentication.refused", extra=told)
        # A tenant's admins should know that somebody tries keys in its name; who is turned away unread costs nothing.
        if tenant and isinstance(problem, Unauthenticated) and self._is_known(tenant):
            from chalicelib.audit.notes import BAD_KEY  # noqa: PLC0415 - refusals are seldom

            self._note(
                self._store(tenant, _NOBODY, request), BAD_KEY, "", {"code": problem.code, "operation": operation}
            )

    def _is_known(self, tenant: str) -> bool:
        try:
            return self.gate.directory.standing(tenant) is not None
        except StoreError as error:
            self._failed("audit.refusal_not_noted", error)
            return False

    def _note(self, store: Store, action: str, record: str, detail: Mapping[str, str | int]) -> None:
        from chalicelib.audit.notes import write  # noqa: PLC0415 - refusals are seldom

        new, left = self._flood.count((store.boundary, store.actor, action), store.clock())
        try:
            if left:
                write(store, action, "", {"code": detail["code"], "count": left})
            if new:
                write(store, action, record, detail if new == 1 else {**detail, "count": new})
        except StoreError as error:
            self._failed("audit.refusal_not_noted", error)

    def _store(self, tenant: str, actor: str, request: Request) -> Store:
        gate = self.gate
        return Store(CORE, tenant, gate.keyring, actor, request.request_id, gate.clock, source=request.source_ip)

    def _failed(self, what: str, error: Exception) -> None:
        self.log.error(what, extra={"causes": causes_of(error)})
