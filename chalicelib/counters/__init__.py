"""Counters: facts posted by records, summed in cells, never counted by reading records (architecture.md, Data)."""
