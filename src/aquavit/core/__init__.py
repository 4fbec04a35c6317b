"""Layer 0, mechanism: internal. What it gives to users, `aquavit` re-exports."""
