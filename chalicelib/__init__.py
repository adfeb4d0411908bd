"""The kernel: typed routes, access, store. It knows nothing of any module."""
