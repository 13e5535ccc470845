"""The simulator: a seeded service company, its customers' touchpoints, and the truth about it. README.md beside this file is its law."""

from pipelines.simulate.stream import Block, Simulation, simulate

__all__ = ["Block", "Simulation", "simulate"]
