"""SLA clocks: what their ledgers come to."""
