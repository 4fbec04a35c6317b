"""Large random runs: nothing may be lost, and nothing may be left behind."""
