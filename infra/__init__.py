"""Everything around the product that is never packed into a function: packaging, synthesis, the local runner."""
