"""Where a customer belongs: org unit, household, group."""
