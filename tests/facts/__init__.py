"""The facts of the semantics page, one test or more for each, a file for each group."""
