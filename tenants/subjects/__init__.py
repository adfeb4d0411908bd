"""What the control plane holds of a person who is a module's: work, jobs, answers, timers, files and the audit."""
