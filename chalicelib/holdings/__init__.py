"""All that a tenant holds, found by Query: what export, erasure and the purge of a module walk (architecture.md)."""
