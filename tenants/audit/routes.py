"""HTTP to use case: the audit."""

from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.audit import service
from tenants.audit.schemas import AuditEntryOut, AuditKeyOut, ChunkOut, ChunkShown
from tenants.kinds import AUDIT, AUDIT_CHUNKS
from tenants.manifest import MANIFEST

READ = "audit:read"

routes = Routes(MANIFEST.name)


@routes.get("/audit", needs=READ, listing=AUDIT)
def list_audit(call: Call, query: ListQuery) -> Listed[AuditEntryOut]:
    """Read the audit, newest first.

    Who did what, to which record, from where, for the life of the tenant: changes with old and new values, sign-ins,
    denials, and looks at what can't be searched for. What is younger than 10 seconds is not told yet. `truncated_scan`
    says that there may be more behind the cursor.
    """
    return service.page(call, query)


@routes.get("/audit/chunks", needs=READ, listing=AUDIT_CHUNKS)
def list_audit_chunks(call: Call, query: ListQuery) -> Listed[ChunkOut]:
    """List the sealed chunks, oldest first.

    A chunk holds a full hour's entries, or a part of a busy hour's, and is sealed a quarter of an hour later. Each seal
    names the hash of the one before. Keep the last one's number and digest: a chain that lacks it has been cut.
    """
    return service.chunks(call, query)


@routes.get("/audit/chunks/{chunk_id}", needs=READ, refuses=(NotFound,))
def get_audit_chunk(call: Call, chunk_id: str) -> ChunkShown:
    """Get a chunk and a URL of its entries.

    The entries are JSON lines, packed by gzip; personal values stand in them sealed under their person's key.
    """
    return service.chunk(call, chunk_id)


@routes.get("/audit/keys", needs=READ)
def list_audit_keys(call: Call) -> Listed[AuditKeyOut]:
    """List the public keys of seals.

    Whoever verifies keeps them apart from the chunks. A seal by one of them vouches for all seals before it.
    """
    return service.public_keys(call)
