"""How the deployment bundle is made (infra/package.py), and how it is started as Lambda starts it (fresh.py)."""
