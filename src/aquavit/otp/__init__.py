"""Layer 2: behaviours, the shapes that processes take. Policy lives here."""

from aquavit.otp.task import Task

__all__ = ["Task"]
