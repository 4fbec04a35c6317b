"""The oracle's scenarios in Python, held against the trace that Elixir printed."""
