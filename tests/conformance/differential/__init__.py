"""Random servers, state machines and supervisors, on the BEAM and here, with the same traces."""
