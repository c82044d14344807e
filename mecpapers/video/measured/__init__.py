"""What was measured, how it is recorded, and the data it left."""
