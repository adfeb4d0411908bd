"""Work: tasks, approvals, notifications and metrics, as people reach them (chalicelib/work does the rest)."""
