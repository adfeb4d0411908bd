"""The one-command runner: engine, gateway, issuer and demo data on one machine.

None of this is ever in a deployment bundle: `infra/` is not packed (tests/unit/infra_local/test_bundle.py holds that).
"""
