"""Tests of the interactive shell."""
