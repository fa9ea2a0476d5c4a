// HoldfastMemory
