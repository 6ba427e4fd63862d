"""How networks over architectures are trained: targets, losses, conditions, the loop."""
