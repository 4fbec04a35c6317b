"""Random state machines and supervisors, on the BEAM and here: the traces must be the same."""
