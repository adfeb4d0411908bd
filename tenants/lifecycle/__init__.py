"""Tenants themselves: onboarding, suspension, reactivation."""
