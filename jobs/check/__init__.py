"""Checks a DIR: that every count balances and every table agrees with the others. What is found is said; nothing is changed."""

from jobs.check.check import Check, check_all

__all__ = ["Check", "check_all"]
