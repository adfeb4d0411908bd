"""The kernel: typed routes, access, store. It knows nothing of any module."""

VERSION = "0.1.0"
"""The product's version (pyproject.toml has the same; a test holds that), in the OpenAPI document."""
