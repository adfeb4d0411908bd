"""From event items to handlers: at least once, each on its own, nothing lost (architecture.md, Events)."""
