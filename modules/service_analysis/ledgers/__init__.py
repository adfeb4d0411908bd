"""Ledgers of SLA clocks: what happened to a clock, entry by entry."""
