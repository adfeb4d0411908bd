"""Tests of the local runner. Those that need sockets or the engine are marked `integration`."""
