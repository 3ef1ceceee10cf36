"""Programs that a model wrote run here and nowhere else."""
