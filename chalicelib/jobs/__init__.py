"""Long work in bounded steps, and timers: a record is the truth, the queue only wakes (architecture.md)."""
