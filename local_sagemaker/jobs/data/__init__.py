"""What goes into a job's containers and comes out of them: inputs, outputs, checkpoints."""
