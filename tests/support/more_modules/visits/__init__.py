"""Visits of customers to shops: a module as another team would write it, for tests of what modules may rely on."""
