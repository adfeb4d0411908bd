"""Putting something before a person: tasks, approvals, notifications; and metrics, which managers read.

Every module uses these by the ports that core owns (architecture.md, «The module contract»).
"""
