"""Where machines come from: one module per provider, each a small class over one protocol."""
