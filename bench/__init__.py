"""What the product costs, in units that do not depend on the machine (quality.md, Budgets)."""
