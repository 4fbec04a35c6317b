"""Testing: what tests of processes need, the pytest plugin, and the simulator."""
