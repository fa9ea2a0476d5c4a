// HoldfastMemoryTests
